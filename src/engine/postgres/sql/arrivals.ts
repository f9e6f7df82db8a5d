/** What comes for a process, in the database: starts, messages, controls, settlements. */
import { limits } from '../../../std/index.ts'
import { SETTLEMENTS_HELD_MAX } from '../../limits.ts'
import { PROCESSES_PER_PARTITION } from './tables.ts'

/**
 * Functions that deliver. Each locks the row of the process first, so that its mail is numbered in the order of commits, and
 * answers with JSON: \`r\` the result, \`p\` and \`s\` whose mail and its number, \`o\` whose activation it has, \`y\` that it has
 * something to do now, \`also\` what else came of it.
 */
export const ARRIVALS = `
create or replace function now_ms() returns bigint language sql as $$ select (extract(epoch from clock_timestamp()) * 1000)::bigint $$;

create or replace function notify(what text) returns void language sql as $$ select pg_notify('skein_' || current_schema(), what) $$;

create or replace function ensure_partition(number bigint) returns void language plpgsql as $$
declare part text := 'frame_' || number;
begin
  if to_regclass(part) is not null then return; end if;
  perform pg_advisory_xact_lock(hashtextextended('partition ' || current_schema(), 0));
  if to_regclass(part) is not null then return; end if;
  execute format('create table %I (like frame including defaults including constraints including indexes)', part);
  execute format('alter table frame attach partition %I for values from (%s) to (%s)', part,
    number * ${PROCESSES_PER_PARTITION}, (number + 1) * ${PROCESSES_PER_PARTITION});
end $$;

create or replace function put_mail(me bigint, at bigint, r process, kind text, is_child boolean, bytes int, body text,
  is_awake boolean) returns jsonb
language plpgsql as $$
declare s bigint := r.last_seq + 1; is_message int := (kind = 'm')::int;
begin
  insert into mail values (r.p, s, kind, is_child, bytes, body);
  update process set last_seq = s, mail_count = mail_count + is_message, mail_bytes = mail_bytes + is_message * bytes,
    status = case when is_awake then 'ready' else status end, wake_at = case when is_awake then null else wake_at end,
    updated_at = case when is_awake then at else updated_at end where p = r.p;
  if r.owner is not null and r.owner <> me then perform notify('m ' || r.owner || ' ' || r.p || ' ' || s); end if;
  return jsonb_build_object('r', 'queued', 'p', r.p, 's', s, 'o', r.owner, 'y', is_awake);
end $$;

create or replace function is_new(number bigint, id text, at bigint) returns boolean language plpgsql as $$
begin
  insert into seen values (number, id, greatest(at, now_ms()) + ${limits.FOREIGN_ID_TTL_MS}) on conflict do nothing;
  return found;
end $$;

create or replace function is_wanted(w wait, m_topic text, m_sender text, m_type text, m_id text) returns boolean language sql as $$
  select case
    when coalesce(starts_with(m_topic, 'skein.'), false)
      then coalesce(w.topic = m_topic, false) or coalesce(m_topic = any(w.topics), false)
    else coalesce(m_topic = any(w.topics), false) or w.topics is null or '*' = any(w.topics) end
  and coalesce(w.topic is null or w.topic = m_topic, false) and coalesce(w.sender is null or w.sender = m_sender, false)
  and coalesce(w.type is null or w.type = m_type, false) and coalesce(w.id is null or w.id = m_id, false)
$$;

create or replace function put_message(me bigint, at bigint, a record_in) returns jsonb language plpgsql as $$
declare r process; is_awake boolean := false;
begin
  select * into r from process where pid = a.pid for no key update;
  if not found then return '{"r":"unknown"}'; end if;
  if not is_new(r.p, 'm:' || a.key, at) then return '{"r":"duplicate"}'; end if;
  if r.ended_at is not null then
    delete from seen where p = r.p and id = 'm:' || a.key;
    insert into dead_letter(pid, at, why, kind, is_child, body) values (a.pid, at, 'the process has ended', 'm', false, a.body);
    return '{"r":"ended"}';
  end if;
  if r.mail_count >= ${limits.MAILBOX_MESSAGES_MAX} or r.mail_bytes + a.bytes > ${limits.MAILBOX_BYTES_MAX} then
    delete from seen where p = r.p and id = 'm:' || a.key;
    return '{"r":"full"}';
  end if;
  if r.status = 'waiting' then
    select exists(select from wait w where w.p = r.p and w.kind = 'message' and is_wanted(w, a.topic, a.sender, a.type, a.id))
      into is_awake;
  end if;
  return put_mail(me, at, r, 'm', false, a.bytes, a.body, is_awake);
end $$;

create or replace function reopen(me bigint, at bigint, r process, id text, body text) returns jsonb language plpgsql as $$
declare d dead_letter; s bigint := r.last_seq + 1; messages int := 0; size bigint := 0;
begin
  if not is_new(r.p, 'c:' || id, at) then return '{"r":"duplicate"}'; end if;
  insert into mail values (r.p, s, 'c', false, octet_length(body), body);
  for d in select * from dead_letter l where l.pid = r.pid and (l.kind = 'm' or l.is_child) order by l.seq loop
    s := s + 1;
    insert into mail values (r.p, s, d.kind, d.is_child, octet_length(d.body), d.body);
    if d.kind = 'm' then messages := messages + 1; size := size + octet_length(d.body); end if;
  end loop;
  delete from dead_letter l where l.pid = r.pid and (l.kind = 'm' or l.is_child);
  update process set status = 'ready', result = null, ended_at = null, updated_at = at, last_seq = s,
    mail_count = messages, mail_bytes = size where p = r.p;
  return jsonb_build_object('r', 'queued', 'p', r.p, 's', s, 'o', null, 'y', true);
end $$;

create or replace function put_control(me bigint, at bigint, a record_in) returns jsonb language plpgsql as $$
declare r process;
begin
  select * into r from process where pid = a.pid for no key update;
  if not found then
    if a.kind <> 'cancel' then return '{"r":"unknown"}'; end if;
    insert into tombstone values (a.pid, at, a.body) on conflict do nothing;
    return case when found then '{"r":"queued"}' else '{"r":"duplicate"}' end;
  end if;
  if a.kind = 'reopen' and (r.status = 'failed' or (r.status = 'cancelled' and a.flag))
    and not exists(select from erased e where e.p = r.p) then
    return reopen(me, at, r, a.id, a.body);
  end if;
  if r.ended_at is not null then
    if a.kind = 'childEnded' then
      insert into dead_letter(pid, at, why, kind, is_child, body) values (a.pid, at, 'the process has ended', 'c', true, a.body);
    end if;
    return '{"r":"ended"}';
  end if;
  if not is_new(r.p, 'c:' || a.id, at) then return '{"r":"duplicate"}'; end if;
  return put_mail(me, at, r, 'c', a.kind = 'childEnded', octet_length(a.body), a.body, r.status in ('waiting', 'parked'));
end $$;

create or replace function put_refund(me bigint, at bigint, a record_in, result text, why text) returns jsonb language plpgsql as $$
declare c record_in;
begin
  if a.payer is null then return jsonb_build_object('r', result); end if;
  c.pid := a.payer; c.id := a.pid || '!ended'; c.kind := 'childEnded'; c.body := a.refunds ->> why;
  return jsonb_build_object('r', result, 'also', put_control(me, at, c));
end $$;

create or replace function put_start(me bigint, at bigint, a record_in) returns jsonb language plpgsql as $$
declare o process; number bigint; part bigint;
begin
  if exists(select from process where pid = a.pid) then return '{"r":"duplicate"}'; end if;
  if exists(select from tombstone where pid = a.pid) then return put_refund(me, at, a, 'ended', 'cancelled'); end if;
  if a.origin is not null then
    select * into o from process where pid = a.origin;
    if not found then return put_refund(me, at, a, 'unknown', 'absent'); end if;
    if a.payer is not null and o.root <> a.root then return put_refund(me, at, a, 'unknown', 'foreign'); end if;
    if exists(select from erased e where e.p = o.p) then return put_refund(me, at, a, 'unknown', 'erased'); end if;
    a.kind := o.kind; a.workflow := o.workflow; a.file := o.file;
  end if;
  insert into process(pid, parent, root, depth, kind, workflow, file, status, created_at, updated_at)
    values (a.pid, a.payer, a.root, a.depth, a.kind, a.workflow, a.file, 'ready', at, at)
    on conflict do nothing returning p into number;
  if number is null then return '{"r":"duplicate"}'; end if;
  insert into birth values (number, a.body);
  part := number / ${PROCESSES_PER_PARTITION};
  if number % ${PROCESSES_PER_PARTITION} = ${PROCESSES_PER_PARTITION / 2} then perform ensure_partition(part + 1); end if;
  return '{"r":"queued","y":true}';
end $$;

create or replace function pass_settlement(me bigint, at bigint, w wait, body text) returns jsonb language plpgsql as $$
declare c record_in;
begin
  select pid into c.pid from process where p = w.p;
  c.id := 'settle/' || encode(sha256(convert_to(w.n || E'\\n' || w.effect, 'UTF8')), 'hex');
  c.kind := 'settle';
  c.body := left(body, -1) || ',"id":"' || c.id || '","type":"settle",' || w.effect || '}';
  return put_control(me, at, c);
end $$;

create or replace function put_settlement(me bigint, at bigint, a record_in) returns jsonb language plpgsql as $$
declare w wait;
begin
  if exists(select from settlement where token = a.token) then return '{"r":"duplicate"}'; end if;
  select * into w from wait where token = a.token order by p desc limit 1;
  if found then
    insert into settlement values (a.token, at, null);
    return jsonb_build_object('r', 'queued', 'also', pass_settlement(me, at, w, a.body));
  end if;
  if not a.flag then return '{"r":"unknown"}'; end if;
  if (select count(*) from settlement where body is not null) >= ${SETTLEMENTS_HELD_MAX} then return '{"r":"full"}'; end if;
  insert into settlement values (a.token, at, a.body);
  return '{"r":"held"}';
end $$;

create or replace function put_wait(me bigint, at bigint, a record_in) returns jsonb language plpgsql as $$
declare w wait; held settlement;
begin
  delete from wait where p = a.p and key = a.key;
  insert into wait values (a.p, a.key, a.kind, a.body, a.n, a.topic,
    case when a.topics is null then null else array(select json_array_elements_text(a.topics)) end,
    a.sender, a.type, a.id, a.token, a.effect) returning * into w;
  if a.token is null then return null; end if;
  select * into held from settlement where token = a.token;
  if not found then return null; end if;
  if held.body is null then
    delete from settlement where token = a.token;
    return null;
  end if;
  update settlement set body = null, at = put_wait.at where token = a.token;
  return jsonb_build_object('r', 'passed', 'also', pass_settlement(me, at, w, held.body));
end $$;
`
