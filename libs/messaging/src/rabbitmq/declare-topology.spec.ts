import assert from 'node:assert/strict';
import { EventEmitter } from 'node:events';
import { setImmediate as turn } from 'node:timers/promises';
import { describe, it } from 'node:test';
import type { ChannelModel } from 'amqplib';
import { createLogger } from '#observability';
import type { Topology } from '../message-transport.js';
import { BrokerLine } from './broker-line.js';
import { declareTopology } from './declare-topology.js';

const topology: Topology = {
  exchanges: Array.from({ length: 5 }, (_, index) => ({ name: `e${index}`, kind: 'topic' as const })),
  queues: Array.from({ length: 40 }, (_, index) => ({ name: `q${index}` })),
  bindings: Array.from({ length: 40 }, (_, index) => ({
    queue: `q${index}`,
    exchange: `e${index % 5}`,
    key: '#',
  })),
};

/** A broker that says in what order it was asked, and how many questions were open at once. */
class Broker {
  readonly asked: string[] = [];
  open = 0;
  most = 0;
  silentAt: string | undefined;
  readonly stream = Object.assign(new EventEmitter(), {
    destroy: () => {
      this.stream.emit('close');
    },
  });

  get connection(): ChannelModel {
    const connection = Object.assign(new EventEmitter(), {
      connection: { stream: this.stream },
      createChannel: () => Promise.resolve(this.channel()),
    });
    return connection as unknown as ChannelModel;
  }

  private channel(): EventEmitter {
    return Object.assign(new EventEmitter(), {
      assertExchange: (name: string) => this.answer(name),
      assertQueue: (name: string) => this.answer(name),
      bindQueue: (queue: string, exchange: string) => this.answer(`${queue}-${exchange}`),
      close: () => Promise.resolve(),
    });
  }

  private async answer(name: string): Promise<void> {
    this.asked.push(name);
    if (name === this.silentAt) return new Promise(() => undefined);
    this.open += 1;
    this.most = Math.max(this.most, this.open);
    await turn();
    this.open -= 1;
  }
}

describe('The topology', () => {
  it('is declared several at once, exchanges before queues, queues before what binds them', async () => {
    const broker = new Broker();
    const line = new BrokerLine('test', broker.connection, 10_000, createLogger('test', 'silent'));
    await declareTopology(line, topology);
    assert.equal(broker.asked.length, 85);
    const kinds = broker.asked.map((name) => (name.includes('-') ? 2 : name.startsWith('q') ? 1 : 0));
    assert.deepEqual(kinds, [...kinds].sort());
    assert.equal(broker.most, 8, 'questions at once');
  });

  it('is given up as a whole when the broker falls silent, and the connection with it', async () => {
    const broker = new Broker();
    broker.silentAt = 'q7';
    const line = new BrokerLine('test', broker.connection, 20, createLogger('test', 'silent'));
    await assert.rejects(declareTopology(line, topology), { code: 'messaging.no-answer', retriable: true });
    assert.match(await line.ended, /cut/);
  });

  it('may take no longer than two answers, however many there are', async () => {
    const broker = new Broker();
    const line = new BrokerLine('test', broker.connection, 20, createLogger('test', 'silent'));
    const endless = line.within('work without an end', () => new Promise<void>(() => undefined));
    await assert.rejects(endless, /within 40 ms/);
    assert.match(await line.ended, /cut/);
  });
});
