// Messages that wait: why, and the one button that helps; a message seen through from event to document.
import { useEffect, useRef, useState } from 'preact/hooks';
import { post } from './api';
import type { PageProps } from './console';
import { said, t, time } from './i18n';
import { age } from './overview';
import { Through } from './through';
import type { QueueRow } from './types';
import { Act, Choice, Failed, Table, useNewest } from './ui';

const states: Record<string, [string, string]> = {
  waiting: ['待投递', 'waiting'], claimed: ['已取出', 'claimed'], on_wire: ['发送中', 'being sent'], delivered: ['已送达', 'delivered'], refused: ['被拒', 'refused'],
  doubtful: ['结果未知', 'doubtful'], parked: ['已搁置', 'parked'], cancelled: ['已取消', 'cancelled'], committed: ['对方已收妥', 'committed'],
};
export const stateWord = (s: string) => t(states[s]?.[0] ?? s, states[s]?.[1] ?? s);
const kind = (s: string) => (s === 'delivered' ? 'good' : s === 'refused' || s === 'parked' || s === 'doubtful' ? 'bad' : 'warn');

export function Queue({ session, status, refresh }: PageProps) {
  const [state, setState] = useState('person');
  const [partner, setPartner] = useState('');
  const [rows, setRows] = useState<QueueRow[]>([]);
  const [error, setError] = useState<unknown>();
  const [seeing, setSeeing] = useState<QueueRow>();
  const newest = useNewest();
  const load = () => newest(post<{ messages: QueueRow[] }>('/outbox', { state, partner, limit: 500 }), (r) => { setRows(r.messages); setError(undefined); }, setError);
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
          {session.rights.includes('message') && <button type="button" class="small" onClick={() => setSeeing(r)}>{t('查看', 'Look')}</button>}
        </div> },
      ]} />
      {seeing && <Through path="/message" id={seeing.id} head={<>{seeing.partner} · {seeing.type} · {stateWord(seeing.state)}{said(seeing) && ` · ${said(seeing)}`}</>} close={() => setSeeing(undefined)} />}
    </>
  );
}
