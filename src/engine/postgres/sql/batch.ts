/** A member's batch, and what members do to keep each other going, in the database. */
import { limits } from '../../../std/index.ts'
import { PROCESSES_PER_PARTITION } from './tables.ts'

/** Locks for pids and tokens; a power of two. */
const LOCKS = 256

/**
 * \`commit_batch\` is one member's transaction. Its first statement is the fence: it locks the row of the member and counts
 * its batches, so that one who was declared dead writes nothing, and a batch whose answer was lost is not written twice.
 */
const COMMIT = `
create or replace function rest(me bigint, at bigint, a record_in) returns jsonb language plpgsql as $$
declare r process; is_awake boolean;
begin
  select * into r from process where p = a.p for no key update;
  case a.t
  when 'wait' then
    if r.last_seq <> a.seq then return '{"ok":false}'; end if;
    update process set status = 'waiting', owner = null, refused = '{}', summary = coalesce(a.summary, summary),
      wake_at = now_ms() + a.wake_in, updated_at = at where p = a.p;
    return '{"ok":true}';
  when 'yield' then
    update process set status = 'ready', owner = null, summary = coalesce(a.summary, summary), updated_at = at where p = a.p;
    return '{"ok":true,"y":true}';
  when 'park' then
    is_awake := exists(select from mail where mail.p = a.p and seq > coalesce(a.seq, r.last_seq) and kind = 'c');
    update process set status = case when is_awake then 'ready' else 'parked' end, owner = null,
      parked = case when is_awake then null else a.body end, refused = array_append(refused, me),
      summary = coalesce(a.summary, summary), updated_at = at where p = a.p;
    if not is_awake then perform notify('p ' || me); end if;
    return jsonb_build_object('ok', true, 'y', is_awake);
  when 'end' then
    update process set status = a.status, owner = null, result = a.body, summary = a.summary, wake_at = null, parked = null,
      refused = '{}', mail_count = 0, mail_bytes = 0, ended_at = at, updated_at = at where p = a.p;
    delete from wait where wait.p = a.p;
    if r.last_seq > 0 then
      insert into dead_letter(pid, at, why, kind, is_child, body)
        select r.pid, rest.at, a.why, m.kind, m.is_child, m.body from mail m where m.p = a.p order by m.seq;
      delete from mail where mail.p = a.p;
    end if;
    return '{"ok":true}';
  end case;
end $$;

create or replace function eat(at bigint, a record_in) returns void language plpgsql as $$
declare m mail;
begin
  delete from mail where mail.p = a.p and seq = a.seq returning * into m;
  if not found then return; end if;
  if a.why is not null then
    insert into dead_letter(pid, at, why, kind, is_child, body)
      select pid, eat.at, a.why, m.kind, m.is_child, m.body from process where process.p = a.p;
  end if;
  if m.kind = 'm' then
    update process set mail_count = mail_count - 1, mail_bytes = mail_bytes - m.bytes where process.p = a.p;
  end if;
end $$;

create or replace function commit_batch(me bigint, number bigint, lease_ms bigint, at bigint, own_p bigint[], own_e bigint[],
  f_p bigint[], f_n int[], f_e bigint[], f_first bigint[], f_last bigint[], f_hash text[], f_text bytea, f_body int[], f_payloads int[],
  b_sha text[], b_body text[], locks text[], rows_p bigint[], rows_pid text[], acts json) returns text language plpgsql as $$
declare a record_in; lost bigint[]; said jsonb; all_said text := ''; i int := -1; is_anybody_awake boolean := false; answered text;
  held int;
begin
  update member set batch = number, lease_until = clock_timestamp() + lease_ms * interval '1 ms'
    where id = me and batch = number - 1;
  if not found then
    select answer into answered from member where id = me and batch = number;
    if found then return answered; end if;
    raise exception 'member % is no more', me using errcode = 'SK001';
  end if;
  if array_length(locks, 1) > 0 then
    -- A few locks that many share: the server has room for so many only, and a frame may start thousands.
    perform case when is_shared then pg_advisory_xact_lock_shared(space, l) else pg_advisory_xact_lock(space, l) end from (
      select hashtext('locks ' || current_schema()) space, hashtext(substr(x, 2)) & ${LOCKS - 1} l, bool_and(left(x, 1) = '+') is_shared
        from unnest(locks) x group by 2 order by 2) one;
  end if;
  if array_length(rows_p, 1) > 0 or array_length(rows_pid, 1) > 0 then
    perform 1 from (select p from process where p = any(rows_p) or pid = any(rows_pid) order by p for no key update) one;
  end if;
  select coalesce(array_agg(o.p), '{}') into lost from unnest(own_p, own_e) o(p, e)
    where not exists(select from process x where x.p = o.p and x.owner = me and x.epoch = o.e);
  -- Held until whoever names them can be seen: an erasure takes them alone before it looks.
  while array_length(b_sha, 1) > 0 loop
    insert into blob select * from unnest(b_sha, b_body) on conflict do nothing;
    perform 1 from (select sha256 from blob where sha256 = any(b_sha) order by sha256 for key share) one;
    get diagnostics held = row_count;
    exit when held >= array_length(b_sha, 1);
  end loop;
  -- Their text comes as one, with the lengths of its parts: text of an array would have to be escaped, and read character by character.
  insert into frame
    select f.p, f.n, f.e, f.first, f.last, f.hash, convert_from(substr(f_text, f.start, f.body), 'UTF8'),
      convert_from(substr(f_text, f.start + f.body, f.payloads), 'UTF8')
    from (select g.*, (1 + sum(g.body + g.payloads) over (order by g.i) - g.body - g.payloads)::int start
      from unnest(f_p, f_n, f_e, f_first, f_last, f_hash, f_body, f_payloads) with ordinality
        g(p, n, e, first, last, hash, body, payloads, i)) f
    where f.p <> all(lost);
  for a in select * from json_populate_recordset(null::record_in, acts) loop
    i := i + 1;
    continue when a.p = any(lost);
    said := case a.t
      when 'eat' then null when 'unwait' then null when 'segment' then null when 'release' then null
      when 'hold' then put_wait(me, at, a)
      when 'start' then put_start(me, at, a)
      when 'message' then put_message(me, at, a)
      when 'control' then put_control(me, at, a)
      when 'settle' then put_settlement(me, at, a)
      else rest(me, at, a) end;
    case a.t
      when 'eat' then perform eat(at, a);
      when 'unwait' then delete from wait where wait.p = a.p and key = a.key;
      when 'segment' then update process set segment_n = a.n where process.p = a.p;
      when 'release' then
        update process set status = 'ready', owner = null, updated_at = at where owner = me;
        is_anybody_awake := is_anybody_awake or found;
      else null;
    end case;
    if said is not null then
      all_said := all_said || ',"' || i || '":' || said::text;
      is_anybody_awake := is_anybody_awake or coalesce((said ->> 'y')::boolean, false)
        or coalesce((said -> 'also' ->> 'y')::boolean, false);
    end if;
  end loop;
  if is_anybody_awake then perform notify('r ' || me); end if;
  answered := '{"lost":' || array_to_json(lost)::text || ',"said":{' || substr(all_said, 2) || '}}';
  if all_said <> '' or lost <> '{}' then update member set answer = answered where id = me;
  else answered := '{"lost":[],"said":{}}'; update member set answer = answered where id = me and answer <> answered; end if;
  return answered;
end $$;
`

const KEEPING = `
create or replace function join_members(name text, lease_ms bigint) returns bigint language sql as $$
  insert into member(name, joined_at, lease_until)
    values (name, clock_timestamp(), clock_timestamp() + lease_ms * interval '1 ms') returning id
$$;

create or replace function claim(me bigint, at bigint, most int, with_parked boolean) returns setof process language plpgsql as $$
begin
  perform 1 from member where id = me for key share;
  if not found then raise exception 'member % is no more', me using errcode = 'SK001'; end if;
  return query update process q
    set owner = me, epoch = q.epoch + 1, status = 'running', activations = q.activations + 1, wake_at = null, parked = null,
      updated_at = at
    from (select p from process where status = 'ready' order by p limit most for no key update skip locked) c
    where q.p = c.p returning q.*;
  if with_parked then
    return query update process q
      set owner = me, epoch = q.epoch + 1, status = 'running', activations = q.activations + 1, wake_at = null, parked = null,
        updated_at = at
      from (select p from process where status = 'parked' and me <> all(refused) order by p limit most
        for no key update skip locked) c
      where q.p = c.p returning q.*;
  end if;
end $$;

create or replace function wake_held() returns void language sql as $$
  update process set status = 'ready', wake_at = null, updated_at = now_ms() where p in (
    select p from process where status = 'waiting' and p in (select w.p from wait w where w.kind = 'switch')
      order by p for no key update)
$$;

create or replace function sweep(me bigint, at bigint, lease_ms bigint) returns jsonb language plpgsql as $$
declare mails jsonb; orphans bigint[];
begin
  update member set lease_until = clock_timestamp() + lease_ms * interval '1 ms' where id = me;
  if not found then raise exception 'member % is no more', me using errcode = 'SK001'; end if;
  -- A server that has just come up gives everybody the time of a lease to come back.
  if pg_postmaster_start_time() < clock_timestamp() - lease_ms * interval '1 ms' then
    delete from member where id in (
      select id from member where lease_until < clock_timestamp() and id <> me for update skip locked);
  end if;
  -- Two statements: whoever took one over since the first began is seen by the second only.
  select array_agg(p) into orphans from (
    select p from process where owner is not null and owner <> me and not exists(select from member where id = owner)
      order by p for no key update skip locked) one;
  update process set status = 'ready', owner = null, updated_at = at
    where p = any(orphans) and owner is not null and owner <> me and not exists(select from member where id = owner);
  update process set status = 'ready', wake_at = null, updated_at = at where p in (
    select p from process where status = 'waiting' and wake_at <= now_ms() for no key update skip locked);
  delete from seen where ctid in (select ctid from seen where forget_at <= least(at, now_ms()) limit 1000);
  delete from settlement where ctid in (
    select ctid from settlement where settlement.at <= least(sweep.at, now_ms()) - ${limits.FOREIGN_ID_TTL_MS} limit 1000);
  -- Well before it is needed, whatever became of the start that would have made it.
  perform ensure_partition((select coalesce(max(p), 0) + ${PROCESSES_PER_PARTITION / 2} from process) / ${PROCESSES_PER_PARTITION});
  select jsonb_agg(jsonb_build_array(p, seq)) into mails from (
    select m.p, max(m.seq) seq from mail m join process q on q.p = m.p where q.owner = me group by m.p
      order by random() limit 1000) x;
  return jsonb_build_object(
    'ready', exists(select from process where status = 'ready'),
    'dueInMs', (select min(wake_at) - now_ms() from process where wake_at is not null),
    'mails', mails, 'settings', (select version from setting));
end $$;
`

/** Functions over acts; those of arrivals come before them. */
export const BATCH = COMMIT + KEEPING
