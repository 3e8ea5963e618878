// Messages that wait: why, and the one button that helps; a message seen through from event to document.
import { useEffect, useRef, useState } from 'preact/hooks';
import { post } from './api';
import type { PageProps } from './console';
import { said, t, time } from './i18n';
import { age } from './overview';
import type { QueueRow } from './types';
import { Act, Choice, Dialog, Failed, Table } from './ui';

const states: Record<string, [string, string]> = {
  waiting: ['待投递', 'waiting'], claimed: ['已取出', 'claimed'], on_wire: ['发送中', 'being sent'], delivered: ['已送达', 'delivered'], refused: ['被拒', 'refused'],
  doubtful: ['结果未知', 'doubtful'], parked: ['已搁置', 'parked'], cancelled: ['已取消', 'cancelled'], committed: ['对方已收妥', 'committed'],
};
export const stateWord = (s: string) => t(states[s]?.[0] ?? s, states[s]?.[1] ?? s);
const kind = (s: string) => (s === 'delivered' ? 'good' : s === 'refused' || s === 'parked' || s === 'doubtful' ? 'bad' : 'warn');

interface Seen { message: QueueRow; event: unknown; hl7: string; document: string; findings: { part: string; severity: string; where: string; zh: string; en: string }[] }

/** Lines of the message in which the checker found something are marked. */
function Marked({ text, findings }: { text: string; findings: Seen['findings'] }) {
  const count: Record<string, number> = {};
  return (
    <pre>{text.split('\n').map((line) => {
      const segment = line.slice(0, 3);
      count[segment] = (count[segment] ?? 0) + 1;
      const hit = findings.some((f) => f.part === 'hl7' && (f.where.startsWith(`${segment}[${count[segment]}]`) || (count[segment] === 1 && f.where.startsWith(`${segment}-`))));
      return <>{hit ? <mark>{line}</mark> : line}{'\n'}</>;
    })}</pre>
  );
}

function pretty(xml: string): string {
  let depth = 0;
  return xml.replace(/>\s*</g, '>\n<').split('\n').slice(0, 3000).map((line) => {
    if (/^<\//.test(line)) depth--;
    const out = '  '.repeat(Math.max(0, depth)) + line;
    if (/^<[^!?/][^>]*[^/]>$/.test(line) && !/<\/[^>]+>$/.test(line)) depth++;
    return out;
  }).join('\n');
}

function Through({ id, close }: { id: number; close: () => void }) {
  const [seen, setSeen] = useState<Seen>();
  const [error, setError] = useState<unknown>();
  useEffect(() => { post<Seen>('/message', { id }).then(setSeen, setError); }, []);
  return (
    <Dialog title={t(`消息 ${id}`, `Message ${id}`)} close={close} wide>
      <p class="notice">{t('内容含患者信息：您的查看已记入审计。', 'This is patient data: that you looked is in the audit trail.')}</p>
      <Failed error={error} />
      {seen && <>
        <p>{seen.message.partner} · {seen.message.type} · {stateWord(seen.message.state)} · {said(seen.message)}</p>
        {seen.findings.length > 0 && <div class="scroll" tabIndex={0} role="region" aria-label={t('发现', 'Findings')} style={{ maxHeight: '16vh' }}><ul>{seen.findings.map((f) => <li><span class={`badge ${f.severity === 'error' ? 'bad' : 'warn'}`}>{f.part === 'hl7' ? 'HL7' : 'CDA'}</span> <code>{f.where}</code> {said(f)}</li>)}</ul></div>}
        {seen.findings.length === 0 && seen.hl7 && <p class="fine">{t('检查未发现问题。', 'The checks found nothing.')}</p>}
        {seen.hl7 ? <div class="columns3">
          <section tabIndex={0} aria-label={t('事件', 'Event')}><h3>{t('事件（HIS 提交）', 'Event (from the HIS)')}</h3><pre>{JSON.stringify(seen.event, null, 1)}</pre></section>
          <section tabIndex={0} aria-label="HL7 v2"><h3>HL7 v2</h3><Marked text={seen.hl7} findings={seen.findings} /></section>
          <section tabIndex={0} aria-label="CDA"><h3>{t('文档（CDA）', 'Document (CDA)')}</h3><pre>{seen.document ? pretty(seen.document) : t('没有文档', 'none')}</pre></section>
        </div> : <p class="empty">{t('这类消息没有可并列查看的报告。', 'Messages of this kind hold no report to show side by side.')}</p>}
      </>}
    </Dialog>
  );
}

export function Queue({ session, status, refresh }: PageProps) {
  const [state, setState] = useState('person');
  const [partner, setPartner] = useState('');
  const [rows, setRows] = useState<QueueRow[]>([]);
  const [error, setError] = useState<unknown>();
  const [seeing, setSeeing] = useState(0);
  const load = async () => {
    try {
      setRows((await post<{ messages: QueueRow[] }>('/outbox', { state, partner, limit: 500 })).messages);
      setError(undefined);
    } catch (e) { setError(e); }
  };
  useEffect(() => { void load(); const timer = setInterval(() => { if (!document.hidden) void load(); }, 5000); return () => clearInterval(timer); }, [state, partner]);
  const act = (id: number, verb: string) => async () => { await post('/outbox/act', { ids: [id], verb }); await load(); await refresh(); };
  const can = session.rights.includes('operate');
  const partners = status?.health.partners ?? [];
  // Delivered a minute, over what this page has seen: the first and the newest status of the last five minutes.
  const seen = useRef<{ at: number; counts: Record<string, number> }[]>([]);
  const now = Date.now();
  if (status && (seen.current[seen.current.length - 1]?.at ?? 0) < now - 4000)
    seen.current = [...seen.current.filter((s) => s.at > now - 300_000), { at: now, counts: Object.fromEntries(partners.map((p) => [p.code, p.delivered ?? 0])) }];
  const rate = (code: string) => {
    const first = seen.current[0];
    const last = seen.current[seen.current.length - 1];
    if (!first || !last || last.at - first.at < 4000) return '…';
    return String(Math.max(0, Math.round((((last.counts[code] ?? 0) - (first.counts[code] ?? 0)) * 60_000) / (last.at - first.at))));
  };
  return (
    <>
      <section class="card">
        <h2>{t('每家伙伴', 'Each partner')}</h2>
        <Table caption={t('每家伙伴', 'Each partner')} rows={partners} empty={t('还没有伙伴。', 'No partner yet.')} columns={[
          { head: t('伙伴', 'Partner'), cell: (p) => p.code }, { head: t('待投递', 'Waiting'), cell: (p) => p.waiting, number: true },
          { head: t('最早已等', 'Oldest waits'), cell: (p) => (p.waiting ? age(p.oldest_waiting_ms) : '—') }, { head: t('途中', 'On the way'), cell: (p) => p.in_flight ?? 0, number: true },
          { head: t('每分钟送达', 'Delivered a minute'), cell: (p) => rate(p.code), number: true },
        { head: t('断路器', 'Breaker'), cell: (p) => p.breaker === 'open' ? <span class="badge bad">{t('断开，定时探测', 'open, probing')}</span> : <span class="badge good">{t('接通', 'closed')}</span> },
          { head: t('最近成功', 'Last success'), cell: (p) => (p.last_success_at ? time(p.last_success_at) : '—') },
        ]} />
      </section>
      <div class="row">
        <Choice label={t('状态', 'State')} value={state} set={setState} options={[['person', t('待人工', 'Wait for a person')], ['', t('全部', 'All')], ...Object.keys(states).map((s): [string, string] => [s, stateWord(s)])]} />
        <Choice label={t('伙伴', 'Partner')} value={partner} set={setPartner} options={[['', t('全部', 'All')], ...partners.map((p): [string, string] => [p.code, p.code])]} />
      </div>
      <Failed error={error} />
      <Table caption={t('消息', 'Messages')} rows={rows} empty={state === 'person' ? t('没有需要人工处理的消息。', 'Nothing waits for a person.') : t('没有消息。', 'No messages.')} columns={[
        { head: t('编号', 'No.'), cell: (r) => r.id, number: true },
        { head: t('伙伴', 'Partner'), cell: (r) => r.partner },
        { head: t('类型', 'Type'), cell: (r) => <>{r.type}{r.critical && <> <span class="badge bad">{t('危急', 'critical')}</span></>}</> },
        { head: t('状态', 'State'), cell: (r) => <span class={`badge ${kind(r.state)}`}>{stateWord(r.state)}</span> },
        { head: t('时间', 'Time'), cell: (r) => time(r.changed_at) },
        { head: t('原因与处理', 'Why, and what to do'), cell: (r) => <>{said(r) && <div>{said(r)}</div>}{said(r.help) && <div class="help">{said(r.help)}</div>}</> },
        { head: t('操作', 'Actions'), cell: (r) => <div class="row">
          {can && (r.state === 'refused' || r.state === 'parked') && <Act kind="main small" run={act(r.id, 'retry')}>{t('重新发送', 'Send again')}</Act>}
          {can && r.state === 'doubtful' && <><Act kind="main small" run={act(r.id, 'retry')}>{t('对方未收到，重发', 'They lack it: send')}</Act><Act kind="small" run={act(r.id, 'cancel')}>{t('对方已收到', 'They have it')}</Act></>}
          {can && r.state === 'waiting' && <Act kind="small" run={act(r.id, 'park')}>{t('暂停', 'Hold back')}</Act>}
          {can && (r.state === 'refused' || r.state === 'parked') && <Act kind="small danger" run={act(r.id, 'cancel')} confirm={t('取消后不再发送，伙伴收不到这份内容。确定取消？', 'It will never be sent and the partner will not have it. Cancel it?')}>{t('取消', 'Cancel')}</Act>}
          {session.rights.includes('message') && <button type="button" class="small" onClick={() => setSeeing(r.id)}>{t('查看', 'Look')}</button>}
        </div> },
      ]} />
      {seeing > 0 && <Through id={seeing} close={() => setSeeing(0)} />}
    </>
  );
}
