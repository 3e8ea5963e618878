// The doctor's side bar, 420 px: what is new or wrong first, then each analyte with its origin; one click to decide.
import { render } from 'preact';
import { useEffect, useRef, useState } from 'preact/hooks';
import uPlot from 'uplot';
import { post, get, setCsrf } from './api';
import { lang, setLanguage, t, time, useLanguage } from './i18n';
import type { Words } from './types';
import { Act, Choice, Dialog, Failed, Text, useNewest } from './ui';

interface Code { code?: string; name?: string }
interface Row {
  result_id: string; report_id: string; item?: Code; local?: Code; value: string; comparator?: string; unit?: string; range?: { text?: string }; flags?: string[]; critical: boolean; status: string;
  collected_at?: string; age_hours?: number; origin: Code; laboratory?: Code; method?: Code; instrument?: string; marks?: string[]; source: string; report_number: string; version: number; banner?: string;
  barred?: boolean; recognition?: string; specimen?: Code;
}
interface Elsewhere { report_id: string; origin: Code; item: Code; collected_at?: string }
interface Offer { suggestion_id: string; order_id: string; order_item: string; name: string; result_ids: string[] }
interface Reason extends Words { code: string; requires_note: boolean }
interface All { list: { results: Row[]; more: boolean; elsewhere?: Elsewhere[] }; offers: Offer[]; retractions: { notice: string; number: string; told_at: string }[]; reasons: Reason[]; names: Record<string, Words>; own_code: string }
interface Referral { key: string; state: string; from: Code; priority: string; requested_at?: string; reason?: string; package?: { state: string; missing?: number; lines?: { kind: string; title?: string; number?: string; presence: string }[] } }
interface Who { doctor: string; department: string; hospital: string; csrf: string }
interface Point { at: string; value?: number; line: number; laboratory?: string }

function Trend({ item, unit }: { item: string; unit: string }) {
  const box = useRef<HTMLDivElement>(null);
  const [points, setPoints] = useState<Point[]>();
  const [error, setError] = useState<unknown>();
  useEffect(() => { post<{ points: Point[] }>('/panel/trend', { item }).then((r) => setPoints(r.points.filter((p) => p.value !== undefined)), setError); }, []);
  useEffect(() => {
    if (!box.current || !points || points.length < 2) return;
    // Results of methods that do not compare stand on lines of their own.
    const lines = [...new Set(points.map((p) => p.line))];
    const xs = points.map((p) => Date.parse(p.at) / 1000);
    const colors = ['#0b5c8a', '#8a4b00', '#126636', '#6d3a8f'];
    const plot = new uPlot({
      width: Math.min(480, box.current.clientWidth || 380), height: 150, cursor: { show: false }, legend: { show: false }, axes: [{ values: '{YY}-{MM}-{DD}', font: '12px sans-serif', space: 70 }, { size: 46, font: '12px sans-serif' }],
      series: [{}, ...lines.map((_, i) => ({ stroke: colors[i % 4]!, width: 2, spanGaps: true, points: { show: true, size: 7 } }))],
    }, [xs, ...lines.map((l) => points.map((p) => (p.line === l ? p.value! : null)))] as uPlot.AlignedData, box.current);
    return () => plot.destroy();
  }, [points]);
  if (error) return <Failed error={error} />;
  if (!points) return null;
  if (points.length < 2) return <p class="empty">{t('只有一次结果，画不出趋势。', 'One result only: no trend.')}</p>;
  return <div><div ref={box} role="img" aria-label={points.map((p) => `${p.at.slice(0, 10)} ${p.value} ${unit}`).join('；')} />
    <ul class="hidden">{points.map((p) => <li>{p.at.slice(0, 10)} {p.value} {unit}</li>)}</ul></div>;
}

function Decline({ reasons, close, send }: { reasons: Reason[]; close: () => void; send: (reason: string, note: string) => Promise<void> }) {
  const [note, setNote] = useState('');
  const [asking, setAsking] = useState<Reason>();
  return (
    <Dialog title={t('不互认的理由', 'Why is it declined')} close={close}>
      {!asking && reasons.map((r) => <p><Act run={async () => { if (r.requires_note) setAsking(r); else await send(r.code, ''); }}>{t(r.zh, r.en)}</Act></p>)}
      {asking && <><p>{t(asking.zh, asking.en)}</p><Text label={t('请说明', 'Please explain')} value={note} set={setNote} /><Act kind="main" disabled={note.trim() === ''} run={() => send(asking.code, note.trim())}>{t('确定', 'Confirm')}</Act></>}
    </Dialog>
  );
}

function Report({ id, close }: { id: string; close: () => void }) {
  const [page, setPage] = useState('');
  const [error, setError] = useState<unknown>();
  useEffect(() => { post<{ page?: { html: string } }>('/panel/report', { report_id: id }).then((r) => setPage(r.page?.html ?? ''), setError); }, []);
  return (
    <Dialog title={t('报告', 'Report')} close={close} wide>
      <Failed error={error} />
      {page && <iframe class="page" title={t('报告', 'Report')} sandbox="allow-modals" srcDoc={page} />}
    </Dialog>
  );
}

const ago = (h: number | undefined) => (h === undefined ? '' : h < 1 ? t('不到 1 小时前', 'under an hour ago') : h < 48 ? t(`${h} 小时前`, `${h} h ago`) : t(`${Math.floor(h / 24)} 天前`, `${Math.floor(h / 24)} days ago`));

function Result({ row, name, open }: { row: Row; name: string; open: (id: string) => void }) {
  const [trend, setTrend] = useState(false);
  const gone = row.banner === 'retracted' || row.status === 'withdrawn';
  const off = (row.flags ?? []).some((f) => f !== 'N');
  const up = (row.flags ?? []).some((f) => f.startsWith('H')) ? ' ↑' : (row.flags ?? []).some((f) => f.startsWith('L')) ? ' ↓' : '';
  return (
    <article class={row.critical ? 'result critical' : 'result'} aria-label={name}>
      <div class="head"><span><strong class={gone ? 'gone' : ''}>{name}</strong> {row.critical && <span class="stamp">{t('危急值', 'CRITICAL')}</span>} {gone && <span class="stamp">{t('已撤回', 'WITHDRAWN')}</span>}{row.banner === 'corrected' && <span class="stamp corrected">{t('已更正', 'CORRECTED')}</span>}</span>
        <span class={off && !gone ? 'value off' : 'value'}>{gone ? '—' : <>{row.comparator}{row.value}{up} <small>{row.unit}</small></>}</span></div>
      <div class="meta">{row.origin.name ?? row.origin.code}{row.laboratory?.name && row.laboratory.name !== row.origin.name ? ` · ${row.laboratory.name}` : ''} · {ago(row.age_hours)}{row.range?.text && !gone ? ` · ${t('参考', 'ref.')} ${row.range.text}` : ''}</div>
      <div class="meta">{[row.method?.name, row.instrument, row.specimen?.name, row.collected_at && `${t('采集', 'taken')} ${time(row.collected_at)}`].filter(Boolean).join(' · ')} {(row.marks ?? []).map((m) => <span class="badge good">{m}</span>)}</div>
      <div class="row">
        {row.recognition === 'accepted' && <span class="badge good">{t('本院已互认', 'recognised here')}</span>}{row.recognition === 'declined' && <span class="badge warn">{t('本院未互认', 'declined here')}</span>}
        {row.barred && <span class="badge bad">{t('患者已撤回授权，不得再用', 'consent withdrawn, not for new use')}</span>}
        {row.item?.code && !gone && <button type="button" class="small" aria-expanded={trend} onClick={() => setTrend(!trend)}>{t('趋势', 'Trend')}</button>}
        <button type="button" class="small" onClick={() => open(row.report_id)}>{t('报告', 'Report')}</button>
      </div>
      {trend && <Trend item={row.item!.code!} unit={row.unit ?? ''} />}
    </article>
  );
}

const priorities: Record<string, [string, string]> = { critical: ['危急', 'critical'], urgent: ['紧急', 'urgent'], routine: ['普通', 'routine'] };
const steps: Record<string, [string, string]> = { requested: ['待应答', 'requested'], accepted: ['已接收', 'accepted'], declined: ['已拒绝', 'declined'], arrived: ['已到诊', 'arrived'], completed: ['已完成', 'completed'], cancelled: ['已取消', 'cancelled'] };

const parts: Record<string, [string, string]> = { summary: ['病历摘要', 'summary'], TRANSFER: ['转诊单', 'transfer document'], report: ['检验报告', 'laboratory report'] };
const presences: Record<string, [string, string, string]> = { here: ['已到', 'here', 'good'], newer: ['已有更新版本', 'here, newer', 'good'], withdrawn: ['已撤回', 'withdrawn', 'bad'], missing: ['未到', 'missing', 'bad'], not_sent: ['对方未附', 'not sent', 'warn'], other_patient: ['属于他人，已拦下', 'of another person, held back', 'bad'] };
const here = (r: Referral) => (r.package?.lines ?? []).filter((l) => l.presence === 'here' || l.presence === 'newer').length;
const urgency = (r: Referral) => Object.keys(priorities).indexOf(r.priority);
const kinds = (kind: string) => t(parts[kind]?.[0] ?? kind, parts[kind]?.[1] ?? kind);

function Referrals({ rows }: { rows: Referral[] }) {
  if (rows.length === 0) return null;
  return (
    <section aria-label={t('转来的转诊', 'Referred to us')}>
      <h2>{t('转来的转诊', 'Referred to us')}</h2>
      {[...rows].sort((a, b) => urgency(a) - urgency(b)).map((r) => <article class={r.priority === 'critical' ? 'result critical' : 'result'}>
        <div class="head"><strong>{r.from.name ?? r.from.code}</strong><span><span class={`badge ${r.priority === 'routine' ? 'good' : 'bad'}`}>{t(priorities[r.priority]?.[0] ?? r.priority, priorities[r.priority]?.[1] ?? r.priority)}</span> <span class="badge warn">{t(steps[r.state]?.[0] ?? r.state, steps[r.state]?.[1] ?? r.state)}</span></span></div>
        <div>{r.reason}</div><div class="meta">{r.requested_at && time(r.requested_at)}</div>
        {r.package && <details><summary>{t(`随附资料：${here(r)} 份已到，共 ${(r.package.lines ?? []).length} 项`, `With it: ${here(r)} of ${(r.package.lines ?? []).length} are here`)}</summary><ul>{(r.package.lines ?? []).map((l) => <li>{l.title || kinds(l.kind)} {l.number} <span class={`badge ${presences[l.presence]?.[2] ?? 'bad'}`}>{t(presences[l.presence]?.[0] ?? l.presence, presences[l.presence]?.[1] ?? l.presence)}</span></li>)}</ul></details>}
      </article>)}
    </section>
  );
}

function Inside({ who }: { who: Who }) {
  const [all, setAll] = useState<All>();
  const [error, setError] = useState<unknown>();
  const [report, setReport] = useState('');
  const [declining, setDeclining] = useState<Offer>();
  const [filter, setFilter] = useState('');
  const [referrals, setReferrals] = useState<Referral[]>([]);
  const [ofResults, ofReferrals] = [useNewest(), useNewest()];
  const load = async () => {
    await ofResults(post<All>('/panel/results'), (a) => { setAll(a); setError(undefined); }, setError);
    await ofReferrals(post<{ referrals: Referral[] }>('/panel/referrals'), (r) => setReferrals(r.referrals), setError);
  };
  useEffect(() => { void load(); }, []);
  if (!all) return <main class="pane"><Failed error={error} />{!error && <p role="status">{t('正在读取…', 'Loading…')}</p>}</main>;
  const nameOf = (r: Row) => { const w = all.names[r.item?.code ?? '']; return w ? t(w.zh, w.en) : r.item?.name || r.local?.name || r.local?.code || '?'; };
  const rank = (r: Row) => (r.critical ? 0 : r.banner === 'retracted' ? 1 : r.banner === 'corrected' ? 2 : (r.flags ?? []).some((f) => f !== 'N') ? 3 : 4);
  const rows = [...all.list.results].filter((r) => filter === '' || (filter === 'other' ? r.source !== 'own' : r.source === 'own')).sort((a, b) => rank(a) - rank(b) || (b.collected_at ?? '').localeCompare(a.collected_at ?? ''));
  const changed = all.list.results.filter((r) => r.banner === 'retracted' || r.banner === 'corrected');
  const decide = async (offer: Offer, outcome: string, reason = '', note = '') => {
    await post('/panel/decide', { suggestion_id: offer.suggestion_id, order_id: offer.order_id, order_item: offer.order_item, result_ids: offer.result_ids, outcome, reason, note });
    setDeclining(undefined);
    await load();
  };
  const values = (o: Offer) => all.list.results.filter((r) => o.result_ids.includes(r.result_id));
  return (
    <main class="pane">
      <div class="top"><div><h1>{t('互认结果', 'Earlier results')}</h1><span class="empty">{who.hospital} · {who.doctor}</span></div>
        <div class="row"><Act kind="small" run={load}>{t('刷新', 'Refresh')}</Act><button type="button" class="small" lang={lang() === 'zh' ? 'en' : 'zh-CN'} onClick={() => setLanguage(lang() === 'zh' ? 'en' : 'zh')}>{lang() === 'zh' ? 'English' : '中文'}</button></div></div>
      <Failed error={error} />
      {(all.retractions.length > 0 || changed.length > 0) && <section class="alarm" role="alert">
        <h2>{changed.some((r) => r.banner === 'retracted') ? t('有结果已撤回', 'A result was withdrawn') : t('有结果已更正', 'A result was corrected')}</h2>
        <ul>{changed.slice(0, 8).map((r) => <li><strong>{r.banner === 'retracted' ? t('已撤回', 'Withdrawn') : t('已更正', 'Corrected')}</strong> {nameOf(r)}{t(`（${r.origin.name}，${r.report_number}）`, ` (${r.origin.name}, ${r.report_number})`)}</li>)}</ul>
        {all.retractions.map((n) => <p><Act kind="main small" run={async () => { await post('/panel/acknowledge', { notice: n.notice }); await load(); }}>{t(`我已知悉（报告 ${n.number}）`, `I have taken note (report ${n.number})`)}</Act></p>)}
      </section>}
      {rows.filter((r) => r.critical).map((r) => <Result key={r.result_id} row={r} name={nameOf(r)} open={setReport} />)}
      {all.offers.map((o) => <section class="offer" aria-label={t(`互认建议：${o.name}`, `Suggestion: ${o.name}`)}>
        <strong>{t(`医嘱“${o.name}”可用已有结果`, `An earlier result would do for “${o.name}”`)}</strong>
        <ul>{values(o).map((r) => <li>{nameOf(r)} <strong>{r.value}</strong> {r.unit} · {r.origin.name} · {ago(r.age_hours)}</li>)}</ul>
        <div class="row"><Act kind="main" run={() => decide(o, 'accepted')}>{t('互认', 'Recognise')}</Act><button type="button" onClick={() => setDeclining(o)}>{t('不互认…', 'Decline…')}</button></div>
      </section>)}
      <Referrals rows={referrals} />
      <Choice label={t('来源', 'From')} value={filter} set={setFilter} options={[['', t('全部', 'all')], ['other', t('外院', 'other hospitals')], ['own', t('本院', 'this hospital')]]} />
      {rows.length === 0 && <p class="empty">{t('没有结果。', 'No results.')}</p>}
      {rows.filter((r) => !r.critical).map((r) => <Result key={r.result_id} row={r} name={nameOf(r)} open={setReport} />)}
      {all.list.more && <p class="notice">{t('结果较多，仅显示最近 500 条。', 'There are more; the newest 500 are shown.')}</p>}
      {(all.list.elsewhere ?? []).map((e) => <article class="result"><strong>{e.item.name ?? e.item.code}</strong> <span class="badge warn">{t('在外院，未取回', 'held elsewhere')}</span><div class="meta">{e.origin.name} · {e.collected_at && time(e.collected_at)}</div><button type="button" class="small" onClick={() => setReport(e.report_id)}>{t('取回并查看', 'Fetch and show')}</button></article>)}
      {report && <Report id={report} close={() => { setReport(''); void load(); }} />}
      {declining && <Decline reasons={all.reasons} close={() => setDeclining(undefined)} send={(reason, note) => decide(declining, 'declined', reason, note)} />}
    </main>
  );
}

function App() {
  useLanguage();
  const [who, setWho] = useState<Who>();
  const [error, setError] = useState<unknown>();
  const enter = async () => {
    const link = location.hash.slice(1);
    // The link is worth nothing once it is used; it need not stay in the address bar either.
    if (link) history.replaceState(null, '', location.pathname);
    try {
      const w = link ? await post<Who>('/panel/open', { link }) : await get<Who>('/panel/session');
      setCsrf(w.csrf);
      setWho(w);
    } catch (e) { setError(e); }
  };
  useEffect(() => { void enter(); }, []);
  if (who) return <Inside who={who} />;
  return <main class="pane"><h1>{t('互认结果', 'Earlier results')}</h1><Failed error={error} /></main>;
}

render(<App />, document.getElementById('app')!);
