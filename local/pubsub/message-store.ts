import type { DatabaseSync } from 'node:sqlite';
import { transaction } from '../kit/transaction.ts';
import type { SubscriptionMessage, TopicMessage } from './settings.ts';

export interface NewMessage {
  readonly data: Uint8Array;
  readonly attributes: Readonly<Record<string, string>>;
  readonly orderingKey: string;
}

export interface StoredMessage extends NewMessage {
  readonly id: number;
  readonly publishMs: number;
}

/** One message on its way to one subscription. */
export interface DeliveryRow {
  readonly subscription: string;
  readonly message: number;
  readonly ordering_key: string;
  readonly publish_ms: number;
  /** How often it was handed out. */
  readonly attempts: number;
  /** When it may be handed out (again); null while a push is under way. */
  readonly due_ms: number | null;
}

const TABLES = `
  CREATE TABLE IF NOT EXISTS pubsub_topics (name TEXT PRIMARY KEY, settings TEXT NOT NULL) STRICT;
  CREATE TABLE IF NOT EXISTS pubsub_subscriptions (name TEXT PRIMARY KEY, topic TEXT NOT NULL, settings TEXT NOT NULL) STRICT;
  CREATE TABLE IF NOT EXISTS pubsub_messages (
    id INTEGER PRIMARY KEY AUTOINCREMENT, data BLOB NOT NULL, attributes TEXT NOT NULL, ordering_key TEXT NOT NULL,
    publish_ms INTEGER NOT NULL) STRICT;
  CREATE TABLE IF NOT EXISTS pubsub_deliveries (
    subscription TEXT NOT NULL, message INTEGER NOT NULL, ordering_key TEXT NOT NULL, publish_ms INTEGER NOT NULL,
    attempts INTEGER NOT NULL, due_ms INTEGER, PRIMARY KEY (subscription, message)) STRICT, WITHOUT ROWID;
  CREATE INDEX IF NOT EXISTS pubsub_deliveries_due ON pubsub_deliveries (due_ms);
  CREATE INDEX IF NOT EXISTS pubsub_deliveries_message ON pubsub_deliveries (message);
  CREATE INDEX IF NOT EXISTS pubsub_deliveries_age ON pubsub_deliveries (subscription, publish_ms);
  CREATE INDEX IF NOT EXISTS pubsub_deliveries_order ON pubsub_deliveries (subscription, ordering_key, message);
`;

/** Topics, subscriptions and what still has to be delivered, as rows that survive a crash. */
export class MessageStore {
  readonly #db: DatabaseSync;

  constructor(db: DatabaseSync) {
    this.#db = db;
    db.exec(TABLES);
  }

  atomically<T>(work: () => T): T {
    return transaction(this.#db, work);
  }

  topic(name: string): TopicMessage | undefined {
    return this.#settings<TopicMessage>('SELECT settings FROM pubsub_topics WHERE name = ?', name)[0];
  }

  topics(project: string): TopicMessage[] {
    const sql = 'SELECT settings FROM pubsub_topics WHERE substr(name, 1, length(?1)) = ?1 ORDER BY name';
    return this.#settings(sql, `${project}/topics/`);
  }

  saveTopic(topic: TopicMessage): void {
    this.#run('INSERT OR REPLACE INTO pubsub_topics VALUES (?, ?)', topic.name, JSON.stringify(topic));
  }

  removeTopic(name: string): void {
    this.#run('DELETE FROM pubsub_topics WHERE name = ?', name);
  }

  subscription(name: string): SubscriptionMessage | undefined {
    return this.#settings<SubscriptionMessage>('SELECT settings FROM pubsub_subscriptions WHERE name = ?', name)[0];
  }

  subscriptions(project: string): SubscriptionMessage[] {
    const sql = 'SELECT settings FROM pubsub_subscriptions WHERE substr(name, 1, length(?1)) = ?1 ORDER BY name';
    return this.#settings(sql, `${project}/subscriptions/`);
  }

  everySubscription(): SubscriptionMessage[] {
    return this.#settings('SELECT settings FROM pubsub_subscriptions ORDER BY name');
  }

  subscriptionsOf(topic: string): SubscriptionMessage[] {
    return this.#settings('SELECT settings FROM pubsub_subscriptions WHERE topic = ? ORDER BY name', topic);
  }

  saveSubscription(subscription: SubscriptionMessage): void {
    const { name, topic } = subscription;
    const sql = 'INSERT OR REPLACE INTO pubsub_subscriptions VALUES (?, ?, ?)';
    this.#run(sql, name, topic, JSON.stringify(subscription));
  }

  removeSubscription(name: string): void {
    this.atomically(() => {
      this.#run('DELETE FROM pubsub_subscriptions WHERE name = ?', name);
      const rows = this.#rows<DeliveryRow>('SELECT * FROM pubsub_deliveries WHERE subscription = ?', name);
      for (const row of rows) this.removeDelivery(row);
    });
  }

  /** Keeps a message for each of `subscriptions`; the id is given even when nobody waits for it. */
  addMessage(message: NewMessage, subscriptions: readonly string[], nowMs: number): number {
    const { lastInsertRowid } = this.#db
      .prepare('INSERT INTO pubsub_messages (data, attributes, ordering_key, publish_ms) VALUES (?, ?, ?, ?)')
      .run(message.data, JSON.stringify(message.attributes), message.orderingKey, nowMs);
    const id = Number(lastInsertRowid);
    const insert = this.#db.prepare('INSERT INTO pubsub_deliveries VALUES (?, ?, ?, ?, 0, ?)');
    for (const name of subscriptions) insert.run(name, id, message.orderingKey, nowMs, nowMs);
    if (subscriptions.length === 0) this.#run('DELETE FROM pubsub_messages WHERE id = ?', id);
    return id;
  }

  message(id: number): StoredMessage {
    const row = this.#db.prepare('SELECT * FROM pubsub_messages WHERE id = ?').get(id);
    if (!row) throw new Error(`message ${id} is gone`);
    return {
      id,
      data: row['data'] as Uint8Array,
      attributes: JSON.parse(String(row['attributes'])) as Record<string, string>,
      orderingKey: String(row['ordering_key']),
      publishMs: Number(row['publish_ms']),
    };
  }

  delivery(subscription: string, message: number): DeliveryRow | undefined {
    const sql = 'SELECT * FROM pubsub_deliveries WHERE subscription = ? AND message = ?';
    return this.#rows<DeliveryRow>(sql, subscription, message)[0];
  }

  /** The oldest deliveries that are due; in an ordered subscription, only the first of each ordering key. */
  due(subscription: string, ordered: boolean, nowMs: number, limit: number): DeliveryRow[] {
    const first = `AND (d.ordering_key = '' OR NOT EXISTS (SELECT 1 FROM pubsub_deliveries AS e WHERE
      e.subscription = d.subscription AND e.ordering_key = d.ordering_key AND e.message < d.message))`;
    return this.#rows(
      `SELECT * FROM pubsub_deliveries AS d WHERE d.subscription = ? AND d.due_ms <= ? ${ordered ? first : ''}
       ORDER BY d.message LIMIT ?`,
      subscription,
      nowMs,
      limit,
    );
  }

  publishedBefore(subscription: string, publishMs: number): DeliveryRow[] {
    const sql = 'SELECT * FROM pubsub_deliveries WHERE subscription = ? AND publish_ms < ? AND due_ms IS NOT NULL';
    return this.#rows(sql, subscription, publishMs);
  }

  /** When the next delivery after `nowMs` comes due. */
  nextDueMs(nowMs: number): number | undefined {
    const row = this.#db.prepare('SELECT min(due_ms) AS due FROM pubsub_deliveries WHERE due_ms > ?').get(nowMs);
    return typeof row?.['due'] === 'number' ? row['due'] : undefined;
  }

  reschedule({ subscription, message }: DeliveryRow, attempts: number, dueMs: number | null): void {
    const sql = 'UPDATE pubsub_deliveries SET attempts = ?, due_ms = ? WHERE subscription = ? AND message = ?';
    this.#run(sql, attempts, dueMs, subscription, message);
  }

  /** Ends the rest between two attempts of one subscription. */
  endRests(subscription: string, nowMs: number): void {
    const sql = 'UPDATE pubsub_deliveries SET due_ms = ?2 WHERE subscription = ?1 AND due_ms > ?2';
    this.#run(sql, subscription, nowMs);
  }

  /** After a restart nobody holds a message any more. */
  releaseAll(nowMs: number): void {
    this.#run('UPDATE pubsub_deliveries SET due_ms = ?', nowMs);
  }

  /** Takes a delivery away, and its message with the last one. */
  removeDelivery({ subscription, message }: Pick<DeliveryRow, 'subscription' | 'message'>): void {
    this.atomically(() => {
      this.#run('DELETE FROM pubsub_deliveries WHERE subscription = ? AND message = ?', subscription, message);
      const unused = 'id = ?1 AND NOT EXISTS (SELECT 1 FROM pubsub_deliveries WHERE message = ?1)';
      this.#run(`DELETE FROM pubsub_messages WHERE ${unused}`, message);
    });
  }

  #settings<T>(sql: string, ...values: string[]): T[] {
    return this.#db
      .prepare(sql)
      .all(...values)
      .map((row) => JSON.parse(String(row['settings'])) as T);
  }

  #rows<T>(sql: string, ...values: (string | number)[]): T[] {
    return this.#db.prepare(sql).all(...values) as T[];
  }

  #run(sql: string, ...values: (string | number | null)[]): void {
    this.#db.prepare(sql).run(...values);
  }
}
