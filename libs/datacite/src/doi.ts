const syntax = /^10\.\d{4,9}\/[a-z0-9\-._;()/:*~$=]+$/i;
const longest = 255;
/** What a path can hold as it is. */
const plain = /^[\w\-.!~*'()/]*$/;

/** Whether DataCite would create this DOI: prefix, slash, and a suffix of the characters it takes. */
export function isDoi(text: string): boolean {
  return text.length <= longest && syntax.test(text);
}

/** DOIs are the same whatever their case: the form they are stored and compared in. */
export function doiKey(doi: string): string {
  return doi.toLowerCase();
}

/** `https://doi.org/10.5072/abc`: how a DOI is shown to people. */
export function doiUrl(doi: string): string {
  return `https://doi.org/${doiPath(doi)}`;
}

/** The DOI as a part of a URL's path: slashes stay, what a path cannot hold is encoded. */
export function doiPath(doi: string): string {
  if (plain.test(doi)) return doi;
  return doi
    .replace(/[\uD800-\uDFFF]/gu, '\uFFFD')
    .split('/')
    .map(encodeURIComponent)
    .join('/');
}
