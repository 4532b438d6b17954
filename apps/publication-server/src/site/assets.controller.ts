import { Controller, Get, Inject, NotFoundException, Param, Res } from '@nestjs/common';
import type { FastifyReply } from 'fastify';
import { Open } from '#service-host';
import type { Asset } from './assets.js';
import { securityHeaders } from './reply.js';
import { Site } from './site.service.js';

/** Style, script and drawings; a name has a digest of its content, so it can be kept for ever. */
@Open('parts of public pages')
@Controller()
export class AssetsController {
  private readonly byName: ReadonlyMap<string, Asset>;

  constructor(@Inject(Site) private readonly site: Site) {
    const { style, script, icon, logo } = site.assets;
    const all = [style, script, icon, ...(logo === undefined ? [] : [logo])];
    this.byName = new Map(all.map((asset) => [asset.name, asset]));
  }

  @Get('assets/:name')
  asset(@Param('name') name: string, @Res() reply: FastifyReply): void {
    const asset = this.byName.get(name);
    if (asset === undefined) throw new NotFoundException();
    this.send(reply, asset, 'public, max-age=31536000, immutable');
  }

  @Get('favicon.ico')
  icon(@Res() reply: FastifyReply): void {
    this.send(reply, this.site.assets.icon, 'public, max-age=86400');
  }

  private send(reply: FastifyReply, { type, content }: Asset, caching: string): void {
    void reply
      .headers({
        // An SVG opened by itself is a document; in it nothing but its own style may act.
        ...securityHeaders("default-src 'none'; style-src 'unsafe-inline'; sandbox"),
        'content-type': type,
        'cache-control': caching,
      })
      .send(content);
  }
}
