import { applyDecorators, UseGuards } from '@nestjs/common';
import { Ruled } from '#service-host';
import { PushGuard } from './push.guard.js';

/** Admits requests signed with the secret that the publisher shares with this server. */
export const Pushed = () => applyDecorators(Ruled({ kind: 'pushed' }), UseGuards(PushGuard));
