// The month at a glance, with the numbers as a table beside each chart, to print and to take away.
import { useEffect, useRef, useState } from 'preact/hooks';
import uPlot from 'uplot';
import { download, post } from './api';
import type { PageProps } from './console';
import { t } from './i18n';
import { Act, Failed, Table, useNewest } from './ui';
import type { Words } from './types';

interface Tally { recognised: number; declined: number; declined_not_counted: number; revoked: number; saved_cents: number; suggestions: { shown: number } }
const none: Tally = { recognised: 0, declined: 0, declined_not_counted: 0, revoked: 0, saved_cents: 0, suggestions: { shown: 0 } };
interface Month { month: string; side: string; shown: number; accepted: number; declined: number; saved_cents: number }
interface Bars { whole?: boolean; labels: string[]; series: { name: string; color: string; values: number[] }[] }

const percent = (a: number, d: number) => (a + d === 0 ? '—' : `${((a * 100) / (a + d)).toFixed(1)}%`);
const money = (cents: number) => (cents / 100).toFixed(2);

/** Bars beside one another; colours differ in lightness, too. */
function BarChart({ title, bars, unit }: { title: string; bars: Bars; unit: string }) {
  const box = useRef<HTMLDivElement>(null);
  const plot = useRef<uPlot>();
  useEffect(() => {
    if (!box.current || bars.labels.length === 0) return;
    const many = bars.series.length;
    const size = { width: Math.max(320, box.current.clientWidth), height: 260 };
    plot.current = new uPlot({
      ...size, cursor: { show: false }, legend: { show: false },
      scales: { x: { time: false, range: [-0.6, bars.labels.length - 0.4] }, y: { range: (_u, _min, max) => [0, Math.max(1, max) * 1.1] } },
      axes: [{ values: (_u, ticks) => ticks.map((v) => (Number.isInteger(v) ? bars.labels[v] ?? '' : '')), splits: () => bars.labels.map((_, i) => i), grid: { show: false }, size: 42, font: '13px "Noto Sans CJK SC", sans-serif' },
        { font: '13px sans-serif', size: 60, ...(bars.whole ? { incrs: [1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000, 5000, 10000] } : {}) }],
      series: [{}, ...bars.series.map((s, i) => ({
        label: s.name, fill: s.color, stroke: s.color, width: 0, points: { show: false },
        paths: uPlot.paths.bars!({ size: [0.72 / many, 60], align: (many === 1 ? 0 : i === 0 ? -1 : 1) as 0 | 1 | -1 }),
      }))],
    }, [bars.labels.map((_, i) => i), ...bars.series.map((s) => s.values)], box.current);
    return () => plot.current?.destroy();
  });
  // On white and with its title and legend: it will stand in a letter.
  const png = () => {
    const from = plot.current?.ctx.canvas;
    if (!from) return;
    const scale = from.width / Math.max(1, from.clientWidth || from.width);
    const head = 56 * scale;
    const to = document.createElement('canvas');
    to.width = from.width;
    to.height = from.height + head;
    const ink = to.getContext('2d')!;
    ink.fillStyle = '#fff';
    ink.fillRect(0, 0, to.width, to.height);
    ink.fillStyle = '#1b2733';
    ink.font = `bold ${16 * scale}px "Noto Sans CJK SC", sans-serif`;
    ink.fillText(`${title} (${unit})`, 12 * scale, 22 * scale);
    ink.font = `${13 * scale}px "Noto Sans CJK SC", sans-serif`;
    let x = 12 * scale;
    for (const s of bars.series) {
      ink.fillStyle = s.color;
      ink.fillRect(x, 32 * scale, 12 * scale, 12 * scale);
      ink.fillStyle = '#1b2733';
      ink.fillText(s.name, x + 17 * scale, 43 * scale);
      x += 17 * scale + ink.measureText(s.name).width + 16 * scale;
    }
    ink.drawImage(from, 0, head);
    to.toBlob((blob) => { if (blob) download(`${title}.png`, blob); });
  };
  const quoted = (v: string) => `"${v.replaceAll('"', '""')}"`;
  const csv = () => download(`${title}.csv`, [['', ...bars.series.map((s) => s.name)].map(quoted).join(','), ...bars.labels.map((l, i) => [quoted(l), ...bars.series.map((s) => String(s.values[i]))].join(','))].join('\r\n'));
  if (bars.labels.length === 0) return <p class="empty">{t('本月没有数据。', 'Nothing this month.')}</p>;
  return (
    <figure class="chart">
      <figcaption class="row"><strong>{title}</strong><span class="empty">{unit}</span><button type="button" class="small noprint" aria-label={`PNG ${title}`} onClick={png}>PNG</button><button type="button" class="small noprint" aria-label={`CSV ${title}`} onClick={csv}>CSV</button></figcaption>
      <div class="legend" aria-hidden="true">{bars.series.map((s) => <span><i style={{ background: s.color }} />{s.name}</span>)}</div>
      <div ref={box} role="img" aria-label={`${title}：${bars.labels.map((l, i) => `${l} ${bars.series.map((s) => `${s.name} ${s.values[i]}`).join('，')}`).join('；')}`} />
    </figure>
  );
}

interface Counted { by: Record<string, string>; counts: Record<string, number>; median_minutes: number }
interface Requests { referrals: Counted[]; readings: Counted[]; outflow: Counted[]; name: string; csv: string }
const directions: Record<string, [string, string]> = { up: ['上转', 'up'], down: ['下转', 'down'], sideways: ['平转', 'sideways'], '-': ['未注明', 'not told'] };
const counted: [string, string, string][] = [['requested', '申请', 'Asked'], ['accepted', '接收', 'Accepted'], ['declined', '拒绝', 'Declined'], ['arrived', '到诊', 'Arrived'], ['no_show', '未到诊', 'Did not come'], ['completed', '完成', 'Completed'], ['cancelled', '取消', 'Cancelled'], ['expired', '过期', 'Expired']];
const minutes = (m: number) => (m < 0 ? '—' : m < 120 ? t(`${Math.round(m)} 分钟`, `${Math.round(m)} min`) : t(`${(m / 60).toFixed(1)} 小时`, `${(m / 60).toFixed(1)} h`));

/** Which way patients go, and how fast the other side answers. */
function Referrals({ data, name }: { data: Requests; name: (code: string) => string }) {
  const way = (r: Counted) => { const d = directions[r.by.direction ?? '-']; return d ? t(d[0], d[1]) : r.by.direction ?? ''; };
  const side = (r: Counted) => (r.by.side === 'asked' ? t('转出', 'out') : t('转入', 'in'));
  const keys = [...new Set(data.referrals.map((r) => `${side(r)} ${way(r)}`))];
  const sum = (key: string, what: string) => data.referrals.filter((r) => `${side(r)} ${way(r)}` === key).reduce((n, r) => n + (r.counts[what] ?? 0), 0);
  return (
    <section class="card"><h2>{t('转诊（按方向）', 'Referrals by direction')}</h2>
      {data.referrals.length === 0 ? <p class="empty">{t('本月没有转诊。', 'No referrals this month.')}</p> : <>
        <BarChart title={t('转诊（按方向）', 'Referrals by direction')} unit={t('人次', 'patients')} bars={{ whole: true, labels: keys, series: [
          { name: t('申请', 'asked'), color: '#0b5c8a', values: keys.map((k) => sum(k, 'requested')) }, { name: t('到诊', 'arrived'), color: '#e0a030', values: keys.map((k) => sum(k, 'arrived')) }] }} />
        <p class="noprint"><button type="button" onClick={() => download(data.name, data.csv)}>{t('导出转诊 CSV', 'Export referrals as CSV')}</button></p>
        <Table caption={t('转诊（按方向）', 'Referrals by direction')} rows={data.referrals} empty="" columns={[
          { head: t('方向', 'Direction'), cell: (r) => `${side(r)} ${way(r)}` }, { head: t('对方', 'Hospital'), cell: (r) => name(r.by.hospital ?? '') }, { head: t('病种', 'Disease'), cell: (r) => r.by.disease || '—' },
          ...counted.map(([key, zh, en]) => ({ head: t(zh, en), cell: (r: Counted) => r.counts[key] ?? 0, number: true })),
          { head: t('应答中位时间', 'Median to answer'), cell: (r) => minutes(r.median_minutes), number: true }]} /></>}
    </section>
  );
}

export function Figures({ status }: PageProps) {
  const [month, setMonth] = useState(new Date().toISOString().slice(0, 7));
  const [data, setData] = useState<{ figures: Record<string, unknown>; names: Record<string, Words> }>();
  const [months, setMonths] = useState<Month[]>([]);
  const [requests, setRequests] = useState<Requests>();
  const [error, setError] = useState<unknown>();
  const [ofMonth, ofRequests, ofTrend] = [useNewest(), useNewest(), useNewest()];
  useEffect(() => {
    if (!/^\d{4}-\d\d$/.test(month)) return;
    setError(undefined);
    void ofMonth(post<{ figures: Record<string, unknown>; names: Record<string, Words> }>('/figures', { month }), setData, setError);
    void ofRequests(post<Requests>('/figures/requests', { month }), setRequests, setError);
    void ofTrend(post<{ months: Month[] }>('/figures/trend', { month }), (r) => setMonths(r.months), setError);
  }, [month]);
  const name = (code: string) => { const w = data?.names[code]; return w ? t(w.zh, w.en) : code === 'own' ? t('本院', 'own') : code; };
  const rows = (by: string): { side: string; key: string; tally: Tally }[] => {
    const list = (data?.figures[`by_${by}`] ?? []) as Record<string, unknown>[];
    return list.map((r) => ({ side: String(r.side ?? 'here'), key: String(r[by] ?? ''), tally: r as unknown as Tally }));
  };
  const total = (side: string) => (data?.figures[side] ?? none) as Tally;
  const here = total('here');
  const there = total('there');
  const reasons = rows('reason').filter((r) => r.side === 'here').sort((a, b) => b.tally.declined - a.tally.declined);
  const partners = rows('partner').filter((r) => r.side === 'here');
  const departments = rows('department').filter((r) => r.side === 'here');
  const past = months.filter((m) => m.side === 'here').reverse();
  const csv = async () => { const r = await post<{ name: string; csv: string }>('/figures/csv', { month }); download(r.name, r.csv); };
  return (
    <>
      <div class="row noprint gap"><label>{t('月份', 'Month')} <input type="month" value={month} onInput={(e) => setMonth(e.currentTarget.value)} /></label>
        <Act run={csv}>{t('导出 CSV', 'Export CSV')}</Act><button type="button" onClick={() => print()}>{t('打印', 'Print')}</button></div>
      <Failed error={error} />
      <p class="onlyprint">{status?.hospital.name} · {month}</p>
      {data && <>
        <div class="cards">
          <div class="figure"><span>{t('互认率', 'Recognition rate')}</span><b>{percent(here.recognised, here.declined)}</b>{t(`互认 ${here.recognised}，共决定 ${here.recognised + here.declined}`, `${here.recognised} of ${here.recognised + here.declined} decisions`)}</div>
          <div class="figure"><span>{t('为患者节省（元）', 'Saved for patients (CNY)')}</span><b>{money(here.saved_cents)}</b></div>
          <div class="figure"><span>{t('提示次数', 'Suggested')}</span><b>{here.suggestions.shown}</b></div>
          <div class="figure"><span>{t('伙伴采用本院结果', 'Partners used ours')}</span><b>{there.recognised}</b>{percent(there.recognised, there.declined)}</div>
        </div>
        <BarChart title={t('近十二个月互认与不互认', 'Recognised and declined, twelve months')} unit={t('次', 'decisions')} bars={{ whole: true, labels: past.map((m) => m.month.slice(2)), series: [
          { name: t('互认', 'recognised'), color: '#0b5c8a', values: past.map((m) => m.accepted) }, { name: t('不互认', 'declined'), color: '#e0a030', values: past.map((m) => m.declined) }] }} />
        <BarChart title={t('近十二个月节省金额', 'Money saved, twelve months')} unit={t('元', 'CNY')} bars={{ labels: past.map((m) => m.month.slice(2)), series: [{ name: t('节省', 'saved'), color: '#126636', values: past.map((m) => m.saved_cents / 100) }] }} />
        <section class="card"><h2>{t('不互认的理由', 'Why declined')}</h2>
          <BarChart title={t('不互认的理由', 'Why declined')} unit={t('次', 'decisions')} bars={{ whole: true, labels: reasons.map((r) => { const words = name(r.key); return words.length > 10 ? `${words.slice(0, 9)}…` : words; }), series: [{ name: t('不互认', 'declined'), color: '#b3413a', values: reasons.map((r) => r.tally.declined + r.tally.declined_not_counted) }] }} />
          <Table caption={t('不互认的理由', 'Why declined')} rows={reasons} empty={t('本月没有不互认。', 'None declined this month.')} columns={[
            { head: t('理由', 'Reason'), cell: (r) => name(r.key) }, { head: t('不互认', 'Declined'), cell: (r) => r.tally.declined, number: true }, { head: t('不计入', 'Not counted'), cell: (r) => r.tally.declined_not_counted, number: true }]} />
        </section>
        <section class="card"><h2>{t('各伙伴比较', 'Partners compared')}</h2>
          <BarChart title={t('各伙伴比较', 'Partners compared')} unit={t('次', 'decisions')} bars={{ whole: true, labels: partners.map((r) => name(r.key)), series: [
            { name: t('互认', 'recognised'), color: '#0b5c8a', values: partners.map((r) => r.tally.recognised) }, { name: t('不互认', 'declined'), color: '#e0a030', values: partners.map((r) => r.tally.declined) }] }} />
          <Table caption={t('各伙伴比较', 'Partners compared')} rows={partners} empty={t('本月没有数据。', 'Nothing this month.')} columns={[
            { head: t('结果来自', 'Results from'), cell: (r) => name(r.key) }, { head: t('提示', 'Suggested'), cell: (r) => r.tally.suggestions.shown, number: true }, { head: t('互认', 'Recognised'), cell: (r) => r.tally.recognised, number: true },
            { head: t('不互认', 'Declined'), cell: (r) => r.tally.declined, number: true }, { head: t('互认率', 'Rate'), cell: (r) => percent(r.tally.recognised, r.tally.declined), number: true },
            { head: t('节省（元）', 'Saved (CNY)'), cell: (r) => money(r.tally.saved_cents), number: true }]} />
        </section>
        {departments.length > 0 && <section class="card"><h2>{t('各科室', 'Departments')}</h2>
          <Table caption={t('各科室', 'Departments')} rows={departments} empty="" columns={[
            { head: t('科室', 'Department'), cell: (r) => name(r.key) || '—' }, { head: t('提示', 'Suggested'), cell: (r) => r.tally.suggestions.shown, number: true }, { head: t('互认', 'Recognised'), cell: (r) => r.tally.recognised, number: true },
            { head: t('不互认', 'Declined'), cell: (r) => r.tally.declined, number: true }, { head: t('互认率', 'Rate'), cell: (r) => percent(r.tally.recognised, r.tally.declined), number: true }, { head: t('节省（元）', 'Saved (CNY)'), cell: (r) => money(r.tally.saved_cents), number: true }]} />
        </section>}
        {requests && <Referrals data={requests} name={name} />}
      </>}
    </>
  );
}
