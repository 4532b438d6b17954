import { Module } from '@nestjs/common';
import { AdminController, RuntimeConfigController } from './runtime-config.controller.js';
import { RuntimeConfigs } from './runtime-config.service.js';

/** Settings that clients read from the database. */
@Module({
  controllers: [AdminController, RuntimeConfigController],
  providers: [RuntimeConfigs],
})
export class RuntimeConfigModule {}
