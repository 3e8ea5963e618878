// Messages that came and were refused, or were taken and could not take effect; and events of the HIS that could not be used.
import { useState } from 'preact/hooks';
import { get } from './api';
import type { PageProps } from './console';
import { said, t, time } from './i18n';
import { Through } from './through';
import type { Words } from './types';
import { Failed, Table, useLoad } from './ui';

interface Row extends Words { id: number; message_id: string; partner: string; state: string; verdict: string; received_at: string; help: Words }
interface Parked extends Words { id: number; type: string; at: string }

export function Inbox({ session }: PageProps) {
  const inbox = useLoad(() => get<{ messages: Row[] }>('/inbox'), 10_000);
  const events = useLoad(() => get<{ events: Parked[] }>('/events/parked'), 10_000);
  const [seeing, setSeeing] = useState<Row>();
  const word = (state: string) => (state === 'refused' ? t('已拒绝', 'refused') : t('未能入库', 'without effect'));
  return (
    <>
      <section class="card">
        <h2>{t('伙伴与检验系统的来件', 'From partners and laboratory systems')}</h2>
        <Failed error={inbox.error} />
        <Table caption={t('被拒或未能入库的来件', 'Refused, or taken and without effect')} rows={inbox.data?.messages ?? []} empty={t('没有被拒的来件。', 'Nothing was refused.')} columns={[
          { head: t('时间', 'Time'), cell: (r) => time(r.received_at) }, { head: t('来源', 'From'), cell: (r) => r.partner }, { head: t('控制号', 'Control id'), cell: (r) => <code>{r.message_id}</code> },
          { head: t('状态', 'State'), cell: (r) => <span class="badge bad">{word(r.state)} {r.verdict}</span> },
          { head: t('原因与处理', 'Why, and what to do'), cell: (r) => <><div>{said(r)}</div><div class="help">{said(r.help)}</div></> },
          { head: t('操作', 'Actions'), cell: (r) => session.rights.includes('message') ? <button type="button" class="small" aria-label={t(`查看 ${r.message_id}`, `Look at ${r.message_id}`)} onClick={() => setSeeing(r)}>{t('查看', 'Look')}</button> : null },
        ]} />
      </section>
      <section class="card">
        <h2>{t('未能受理的 HIS 事件', 'Events of the HIS that could not be taken')}</h2>
        <p class="help">{t('请 HIS 厂商按原因改正后重新提交（换新的幂等键）。', 'Have the HIS vendor mend the cause and submit again under a new key.')}</p>
        <Failed error={events.error} />
        <Table caption={t('未能受理的 HIS 事件', 'Events that could not be taken')} rows={events.data?.events ?? []} empty={t('没有。', 'None.')} columns={[
          { head: t('时间', 'Time'), cell: (r) => time(r.at) }, { head: t('类型', 'Type'), cell: (r) => <code>{r.type}</code> }, { head: t('原因', 'Why'), cell: (r) => said(r) },
        ]} />
      </section>
      {seeing && <Through came path="/inbox/message" id={seeing.id} head={<>{seeing.partner} · {word(seeing.state)} {seeing.verdict} · {said(seeing)}</>} close={() => setSeeing(undefined)} />}
    </>
  );
}
