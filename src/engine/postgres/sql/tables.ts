/** The tables of an installation. `p` is a process's number in this database. */

/** Processes whose frames share a partition: what is kept no longer is given back partition by partition. */
export const PROCESSES_PER_PARTITION = 250_000

/** One act of a batch, as it comes: a row of JSON. */
const RECORD_IN = `
create type record_in as (
  t text, p bigint, n bigint, seq bigint, bytes int, why text, key text, kind text, body text, token text, effect text,
  topic text, topics json, sender text, type text, id text, pid text, flag boolean, payer text, root text, depth int,
  workflow text, file text, origin text, refunds json, summary text, wake_in bigint, status text);
`

/** What runs that move need. Schemas of version 1 have it or not, by the build that made them. */
const MOVES = `
create index if not exists settlement_held on settlement(token) where body is not null;
create table if not exists departed(
  pid text collate "C" primary key, id text not null, at bigint not null, by text not null, target text not null,
  baggage text not null, is_confirmed boolean not null default false);
create table if not exists arrived(id text primary key, at bigint not null);
`

const FIRST = `
create table setting(
  id int primary key check (id = 1), value text not null, version bigint not null);
insert into setting values (1, '{"switches":[]}', 1);

create table member(
  id bigint generated always as identity primary key, name text not null, joined_at timestamptz not null,
  lease_until timestamptz not null, batch bigint not null default 0, answer text not null default '') with (fillfactor = 30);

create table process(
  p bigint generated always as identity primary key, pid text collate "C" not null unique,
  parent text collate "C", root text collate "C" not null, depth int not null, kind text not null, workflow text not null,
  file text, status text not null, created_at bigint not null, updated_at bigint not null, ended_at bigint, wake_at bigint,
  epoch bigint not null default 0, activations int not null default 0, segment_n int not null default 0,
  owner bigint, refused bigint[] not null default '{}',
  last_seq bigint not null default 0, mail_count int not null default 0, mail_bytes bigint not null default 0,
  summary text, parked text, result text) with (fillfactor = 70);
create index process_ready on process(p) where status = 'ready';
create index process_parked on process(p) where status = 'parked';
create index process_owner on process(owner) where owner is not null;
create index process_wake on process(wake_at) where wake_at is not null;
create index process_root on process(root);
create index process_parent on process(parent) where parent is not null;
create index process_ended on process(ended_at) where ended_at is not null;
create table birth(p bigint primary key, request text not null);

create table frame(
  p bigint not null, n int not null, epoch bigint not null, first_seq bigint not null, last_seq bigint not null,
  hash text not null, body text not null, payloads text not null, primary key (p, n)) partition by range (p);

create table mail(
  p bigint not null, seq bigint not null, kind text not null, is_child boolean not null, bytes int not null, body text not null,
  primary key (p, seq));
create table seen(p bigint not null, id text collate "C" not null, forget_at bigint not null, primary key (p, id));
create index seen_forget on seen(forget_at);
create table wait(
  p bigint not null, key text collate "C" not null, kind text not null, body text not null, n bigint not null,
  topic text, topics text[], sender text, type text, id text, token text collate "C", effect text, primary key (p, key));
create index wait_token on wait(token) where token is not null;
create index wait_switch on wait(p) where kind = 'switch';
create table settlement(token text collate "C" primary key, at bigint not null, body text);
create index settlement_at on settlement(at);
create table tombstone(pid text collate "C" primary key, at bigint not null, body text not null);
create table dead_letter(
  seq bigint generated always as identity primary key, pid text collate "C" not null, at bigint not null, why text not null,
  kind text not null, is_child boolean not null, body text not null);
create index dead_letter_of on dead_letter(pid, seq);
create table blob(sha256 text collate "C" primary key, body text not null);
create table erased(p bigint primary key, at bigint not null, by text not null, is_whole boolean not null);
`

/** What makes the tables of version n + 1 of those of version n. None is ever changed: the next version is another entry. */
export const TABLE_CHANGES: readonly string[] = [FIRST + RECORD_IN, MOVES]
