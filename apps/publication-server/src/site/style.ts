/** The one stylesheet, after the theme's colour. Sizes in rem, so that readers' own font sizes count. */
export function stylesheet(colour: string): string {
  return `:root{--brand:${colour}}${base}${pieces}${narrow}`;
}

const base = `
:root{
  color-scheme:light dark;
  --ink:#1c2227;--soft:#545d66;--line:#d9dee3;--page:#f6f7f8;--card:#fff;--link:var(--brand);--tint:#eef1f4;
  --warn-line:#b7791f;--warn:#fdf6e7;--stop-line:#a4262c;--stop:#fbeceb;--radius:.5rem;
}
@media (prefers-color-scheme:dark){:root{
  --ink:#e6e9ec;--soft:#a5afb9;--line:#39424b;--page:#14181c;--card:#1c2227;--tint:#262e35;
  --link:color-mix(in srgb,var(--brand) 35%,#cfe6ff);--warn-line:#d69e2e;--warn:#2e2717;--stop-line:#e5767b;--stop:#331d1e;
}}
*,*::before,*::after{box-sizing:border-box}
[hidden]{display:none!important}
html{font:100%/1.55 system-ui,-apple-system,"Segoe UI",Roboto,"Noto Sans","DejaVu Sans",sans-serif;
  -webkit-text-size-adjust:100%;scroll-padding-top:1rem}
body{margin:0;background:var(--page);color:var(--ink);overflow-wrap:anywhere;
  display:flex;flex-direction:column;min-height:100vh}
main{flex:1 0 auto;width:100%}
h1,h2,h3{line-height:1.25;margin:0 0 .6em;font-weight:650;text-wrap:balance}
h1{font-size:clamp(1.5rem,1.1rem + 1.6vw,2.1rem);letter-spacing:-.01em}
h2{font-size:1.15rem}
h3{font-size:1rem}
p,ul,ol,dl,table,figure,blockquote{margin:0 0 1rem}
a{color:var(--link);text-underline-offset:.17em;text-decoration-thickness:.06em}
a:hover{text-decoration-thickness:.13em}
:focus-visible{outline:.19rem solid var(--link);outline-offset:.13rem;border-radius:.15rem}
code,.mono{font-family:ui-monospace,SFMono-Regular,Menlo,Consolas,"DejaVu Sans Mono",monospace;font-size:.86em}
img{max-width:100%;height:auto}
.wrap{max-width:74rem;margin:0 auto;padding:0 1.5rem}
.skip{position:absolute;left:-999rem;top:0;background:var(--card);color:var(--ink);padding:.7rem 1rem;z-index:2}
.skip:focus{left:0}
.hidden{position:absolute;width:1px;height:1px;overflow:hidden;clip-path:inset(50%);white-space:nowrap}
.top{background:var(--brand);color:#fff}
.top .wrap{display:flex;flex-wrap:wrap;align-items:center;gap:.25rem 1.5rem;min-height:3.75rem;padding-top:.4rem;padding-bottom:.4rem}
.top a{color:#fff;text-decoration:none;display:inline-flex;align-items:center;min-height:2.75rem}
.top a:hover{text-decoration:underline}
.top :focus-visible{outline-color:#fff}
.brand{font-weight:650;font-size:1.1rem;gap:.7rem}
.brand img{height:2.2rem;width:auto}
.top nav{margin-left:auto;display:flex;flex-wrap:wrap;gap:0 1.4rem;font-size:.95rem}
.top [aria-current]{text-decoration:underline}
.bottom{border-top:1px solid var(--line);margin-top:3rem;padding:1.25rem 0 2rem;color:var(--soft);font-size:.9rem}
.bottom ul{list-style:none;padding:0;margin:0 0 .5rem;display:flex;flex-wrap:wrap;gap:.2rem 1.5rem}
.bottom li a{display:inline-block;padding:.3rem 0}
.bottom p{margin:0}
.button{white-space:nowrap;flex:none;display:inline-flex;align-items:center;justify-content:center;min-height:2.75rem;padding:.4rem 1.1rem;
  border:1px solid var(--brand);border-radius:var(--radius);background:var(--brand);color:#fff;font:inherit;font-weight:600;
  text-decoration:none;cursor:pointer;text-align:center}
.button:hover{filter:brightness(1.12);text-decoration:underline}
.button.quiet{background:transparent;color:var(--link);border-color:var(--line);font-weight:500}
@media (prefers-color-scheme:dark){.button{border-color:color-mix(in srgb,var(--brand) 60%,#fff)}}
.card{background:var(--card);border:1px solid var(--line);border-radius:var(--radius);padding:1.25rem 1.4rem;margin:0 0 1.25rem}
.card>:last-child{margin-bottom:0}
.note{border:1px solid var(--warn-line);border-left-width:.3rem;background:var(--warn);border-radius:var(--radius);
  padding:.8rem 1.1rem;margin:0 0 1.25rem}
.note.stop{border-color:var(--stop-line);background:var(--stop)}
.note p{margin:0}
.soft{color:var(--soft)}
.small{font-size:.9rem}
.tag{display:inline-block;background:var(--tint);border-radius:1rem;padding:.12rem .7rem;font-size:.85rem;color:var(--ink);text-decoration:none}
a.tag{padding:.25rem .75rem;min-height:1.9rem}
a.tag:hover{text-decoration:underline}
.tags{list-style:none;padding:0;display:flex;flex-wrap:wrap;gap:.4rem}
.plain{list-style:none;padding:0}
.plain>li{padding:.3rem 0}
`;

const pieces = `
.hero{background:var(--card);border-bottom:1px solid var(--line);padding:2.2rem 0 1.8rem;margin-bottom:2rem}
.hero h1{margin-bottom:.9rem}
.search{display:flex;gap:.6rem;max-width:46rem}
.search input[type=search],.field input{flex:1;min-width:0;font:inherit;color:inherit;background:var(--card);
  border:1px solid var(--soft);border-radius:var(--radius);padding:.5rem .8rem;min-height:2.75rem;width:100%}
.hint{color:var(--soft);font-size:.9rem;margin:.4rem 0 0}
.browse{display:grid;grid-template-columns:16rem minmax(0,1fr);gap:0 2.5rem;align-items:start}
.facets h2{margin-bottom:.8rem}
.facets details{border-top:1px solid var(--line);padding:.3rem 0}
.facets summary{cursor:pointer;font-weight:600;padding:.5rem 0;font-size:.95rem}
.facets ul{list-style:none;padding:0;margin:0 0 .5rem}
.facets a{display:flex;justify-content:space-between;gap:.8rem;padding:.28rem 0;color:var(--ink);text-decoration:none;font-size:.93rem}
.facets a:hover{text-decoration:underline}
.facets a span+span{color:var(--soft);font-variant-numeric:tabular-nums}
.facets a[aria-current]{font-weight:650;color:var(--link)}
.listhead{display:flex;flex-wrap:wrap;justify-content:space-between;align-items:baseline;gap:0 1rem;margin-bottom:.2rem}
.listhead p{margin:0;color:var(--soft)}
.jump{display:none;padding:.3rem 0}
.hits{list-style:none;padding:0;margin:0}
.hit{display:grid;grid-template-columns:minmax(0,1fr) auto;gap:0 1.4rem;padding:1.15rem 0;border-top:1px solid var(--line)}
.hit h3{font-size:1.08rem;margin:0 0 .25rem;text-wrap:pretty}
.hit h3 a{text-decoration:none}
.hit h3 a:hover{text-decoration:underline}
.hit p{margin:0 0 .3rem}
.hit .thumb{width:7.5rem;height:5.6rem;object-fit:cover;border-radius:.3rem;border:1px solid var(--line);background:var(--tint)}
.meta{display:flex;flex-wrap:wrap;gap:.15rem .9rem;color:var(--soft);font-size:.9rem}
.pager{display:flex;align-items:center;justify-content:space-between;gap:1rem;border-top:1px solid var(--line);padding-top:1.1rem;margin-top:.4rem}
.pager span{color:var(--soft)}
.work{padding-top:2rem}
.work header{max-width:60rem;margin-bottom:1.6rem}
.work .meta{margin-bottom:.7rem;align-items:center}
.people{list-style:none;padding:0;margin:0 0 .5rem;display:flex;flex-wrap:wrap;gap:.1rem .35rem;font-size:1.05rem}
.people li{display:inline-flex}
.people li:not(:last-child)::after{content:";";color:var(--soft)}
.people sup{margin-left:.1rem;font-size:.7em;color:var(--soft);line-height:0}
.orcid{display:inline-flex;vertical-align:-.15em;margin-left:.2rem;padding:.2rem}
.orcid svg{width:1rem;height:1rem;display:block}
.affiliations{list-style:none;padding:0;margin:0 0 .8rem;color:var(--soft);font-size:.92rem}
.affiliations li{padding:.05rem 0}
.affiliations sup{margin-right:.25rem}
.doi{font-size:1rem;margin:0}
.columns{display:grid;grid-template-columns:minmax(0,1fr) 21.5rem;grid-template-rows:auto 1fr;gap:0 1.75rem;align-items:start}
.actions{grid-column:2;grid-row:1}
.body{grid-column:1;grid-row:1/span 2}
.facts{grid-column:2;grid-row:2}
.abstract{max-width:46rem;font-size:1.04rem}
.abstract p:last-child{margin-bottom:0}
.abstract+h3{margin-top:1.2rem}
.actions .button{width:100%;margin-bottom:.6rem}
.actions .pair{display:flex;gap:.6rem}
.actions .pair .button{flex:1;min-width:0}
.extent{font-size:1.25rem;font-weight:650;margin:0 0 .8rem}
.facts dl,.terms{margin:0}
.facts dt,.terms dt{color:var(--soft);font-size:.88rem;margin-top:.75rem}
.facts dt:first-child,.terms dt:first-child{margin-top:0}
.facts dd,.terms dd{margin:.1rem 0 0}
.facts dd ul,.terms dd ul,.exports ul,.dataset p:last-child{margin-bottom:0}
.facts dd .plain>li{padding:.1rem 0}
.terms{display:grid;grid-template-columns:minmax(7rem,max-content) minmax(0,1fr);gap:.45rem 1.4rem}
.terms dt,.terms dt:first-child{margin:.1rem 0 0}
.usage{display:flex;gap:2rem;margin:0 0 .4rem}
.usage strong{display:block;font-size:1.35rem;line-height:1.2;font-variant-numeric:tabular-nums}
.cite fieldset{border:0;padding:0;margin:0 0 .8rem;display:flex;flex-wrap:wrap;gap:.4rem}
.cite legend{float:left;padding:0;margin:.3rem .6rem 0 0;color:var(--soft);font-size:.9rem}
.cite input{position:absolute;opacity:0;width:1px;height:1px}
.cite label{border:1px solid var(--line);border-radius:1.2rem;padding:.25rem .85rem;font-size:.9rem;cursor:pointer;min-height:2rem}
.cite label:hover{background:var(--tint)}
.cite input:checked+label{background:var(--brand);border-color:var(--brand);color:#fff}
.cite input:focus-visible+label{outline:.19rem solid var(--link);outline-offset:.13rem}
.cite .text{display:none}
.citation{display:flex;gap:1rem;align-items:flex-start;justify-content:space-between}
.citation p{margin:0;max-width:46rem}
.exports{display:grid;grid-template-columns:1fr 1fr;gap:0 1rem}
.exports h3{font-size:.88rem;color:var(--soft);font-weight:500;margin:0 0 .2rem}
.exports a{display:inline-block;padding:.22rem 0}
.scroll{overflow-x:auto}
table{border-collapse:collapse;width:100%;font-size:.95rem}
th{text-align:left;font-weight:600;color:var(--soft);font-size:.88rem;padding:.4rem .8rem .4rem 0;border-bottom:1px solid var(--line)}
td{padding:.5rem .8rem .5rem 0;border-bottom:1px solid var(--line);vertical-align:top}
td:last-child,th:last-child{padding-right:0}
tr:last-child td{border-bottom:0}
.num{text-align:right;white-space:nowrap;font-variant-numeric:tabular-nums}
.nowrap{white-space:nowrap}
.sum{display:block;color:var(--soft);font-size:.76rem;overflow-wrap:anywhere}
tr.folder th{padding-top:.8rem;color:var(--ink);font-weight:600}
.gallery{display:grid;grid-template-columns:repeat(auto-fill,minmax(13rem,1fr));gap:1rem;padding:0;margin:0;list-style:none}
.gallery figure{margin:0}
.gallery img{width:100%;aspect-ratio:4/3;object-fit:contain;background:var(--tint);border:1px solid var(--line);border-radius:.35rem;display:block}
.gallery figcaption{font-size:.88rem;color:var(--soft);margin-top:.35rem}
.dataset{border-top:1px solid var(--line);padding:.8rem 0}
.dataset:first-of-type{border-top:0;padding-top:0}
.dataset p{margin:0 0 .3rem}
summary{cursor:pointer;padding:.35rem 0}
.narrow{max-width:46rem;padding-top:2.2rem}
.field{margin:0 0 1.1rem}
.field label{display:block;font-weight:600;margin-bottom:.3rem}
.trap{position:absolute;left:-999rem}
progress{width:100%;height:.9rem;accent-color:var(--brand)}
.steps{font-size:1.2rem;font-weight:650;margin-bottom:.6rem}
`;

const narrow = `
@media (max-width:56rem){
  .columns{display:block}
  .browse{display:flex;flex-direction:column-reverse;gap:1.5rem}
  .browse>*{width:100%}
  .jump{display:inline-block}
  .wrap{padding-left:1.1rem;padding-right:1.1rem}
  .work,.narrow{padding-top:1.4rem}
  .facets{margin-bottom:1.2rem}
  .card{padding:1.05rem 1.1rem}
}
@media (max-width:34rem){
  .top nav{margin-left:0;gap:0 1.1rem}
  .hit .thumb{width:5rem;height:4.2rem}
  .citation{display:block}
  .citation .button{margin-top:.7rem}
  .terms{display:block}
  .terms dt{margin-top:.7rem}
  .optional{display:none}
}
@media (prefers-reduced-motion:no-preference){.button{transition:filter .12s}}
@media (forced-colors:active){.cite input:checked+label{outline:.13rem solid}}
@media print{
  :root{--ink:#000;--soft:#333;--page:#fff;--card:#fff;--link:#000;--line:#999}
  .top nav,.skip,.bottom,.button,.pager,.facets,.search,.cite fieldset,.exports,.pair{display:none}
  .top{background:none;color:#000;border-bottom:1px solid #000}.top a{color:#000}
  .columns{display:block}
  .card{border:0;padding:0;break-inside:avoid}
  .doi a::after{content:""}
  .body a[href^=http]::after{content:" (" attr(href) ")";font-size:.85em}
}
`;
