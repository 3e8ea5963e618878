// Who did what, when, on which object; and whether the chain is whole.
import { useState } from 'preact/hooks';
import { download, post } from './api';
import type { PageProps } from './console';
import { t, time } from './i18n';
import { Act, LongTable, Text } from './ui';

interface Row { seq: number; at: string; event: string; who: string; object: string; outcome: string; fields: Record<string, string>; hash: string }
interface Verdict { whole: boolean; links: number; head: string; findings: { where: string; zh: string; en: string }[] }

export function Audit(_: PageProps) {
  const [wish, setWish] = useState({ event: '', who: '', object: '', since: '', until: '' });
  const [rows, setRows] = useState<Row[]>();
  const [verdict, setVerdict] = useState<Verdict>();
  const put = (key: keyof typeof wish) => (v: string) => setWish((w) => ({ ...w, [key]: v }));
  const search = async () => setRows((await post<{ rows: Row[] }>('/audit', { ...wish, limit: 2000 })).rows);
  const csv = () => download('audit.csv', ['seq,at,event,who,object,outcome,fields,hash', ...(rows ?? []).map((r) => [r.seq, r.at, r.event, r.who, r.object, r.outcome, JSON.stringify(r.fields), r.hash].map((v) => `"${String(v).replaceAll('"', '""')}"`).join(','))].join('\r\n'));
  return (
    <>
      <section class="card">
        <form onSubmit={(e) => e.preventDefault()}>
          <div class="row">
            <Text label={t('事件', 'Event')} value={wish.event} set={put('event')} placeholder="access." />
            <Text label={t('谁', 'Who')} value={wish.who} set={put('who')} placeholder="doctor:D1027" />
            <Text label={t('对象编号', 'Object')} value={wish.object} set={put('object')} placeholder="report:" />
            <Text label={t('从', 'From')} type="date" value={wish.since} set={put('since')} />
            <Text label={t('到（不含）', 'Before')} type="date" value={wish.until} set={put('until')} />
          </div>
          <p class="row"><Act kind="main" run={search}>{t('查找', 'Search')}</Act>{rows && rows.length > 0 && <button type="button" onClick={csv}>{t('导出 CSV', 'Export CSV')}</button>}
            <Act run={async () => setVerdict(await post<Verdict>('/audit/verify'))}>{t('校验整条链', 'Check the whole chain')}</Act></p>
        </form>
        {verdict && (verdict.whole
          ? <p class="fine" role="status">{t(`链完整，共 ${verdict.links} 条。链尾（请另行留存）：`, `The chain is whole, ${verdict.links} links. Its head (note it elsewhere): `)}<code>{verdict.links}:{verdict.head}</code></p>
          : <div class="fault" role="alert"><p><strong>{t('审计链已断：请保护现场，通知信息科负责人，不要清理数据。', 'The chain is broken: keep everything as it is and call the head of IT.')}</strong></p><ul>{verdict.findings.map((f) => <li><code>{f.where}</code> {t(f.zh, f.en)}</li>)}</ul></div>)}
      </section>
      {rows && (rows.length === 0 ? <p class="empty">{t('没有符合条件的记录。', 'Nothing fits.')}</p> : <>
        <p role="status">{t(`最新 ${rows.length} 条`, `The newest ${rows.length}`)}</p>
        <LongTable caption={t('审计记录', 'Audit trail')} rows={rows} rowKey={(r) => String(r.seq)} height={34} columns={[
          { head: t('序号', 'No.'), width: '70px', cell: (r) => r.seq }, { head: t('时间', 'Time'), width: '130px', cell: (r) => time(r.at) },
          { head: t('事件', 'Event'), width: '190px', cell: (r) => <code>{r.event}</code> }, { head: t('谁', 'Who'), width: '150px', cell: (r) => r.who },
          { head: t('对象', 'Object'), width: '1fr', cell: (r) => <span title={r.object}>{r.object}</span> }, { head: t('结果', 'Outcome'), width: '120px', cell: (r) => r.outcome },
          { head: t('其他', 'Fields'), width: '1fr', cell: (r) => { const s = Object.entries(r.fields).map(([k, v]) => `${k}=${v}`).join(' '); return <span title={s}>{s}</span>; } },
        ]} /></>)}
    </>
  );
}
