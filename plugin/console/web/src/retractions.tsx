// Corrections and withdrawals that a doctor has not acknowledged yet: whom to call.
import { get } from './api';
import type { PageProps } from './console';
import { t, time } from './i18n';
import { Failed, Table, useLoad } from './ui';

interface Row { notice: string; doctor: string; source: string; number: string; status: string; told_at: string; hours: number; escalated: boolean }

export function Retractions(_: PageProps) {
  const open = useLoad(() => get<{ retractions: Row[] }>('/retractions'), 10_000);
  return (
    <>
      <section class="card">
        <h2>{t('已通知、未确认', 'Told, not acknowledged')}</h2>
        <p>{t('医生看过或采用过的结果已被更正或撤回。请电话联系医生，在 HIS 或面板中确认。', 'A result that a doctor saw or used was corrected or withdrawn. Call the doctor; it is acknowledged in the HIS or the panel.')}</p>
        <Failed error={open.error} />
        <Table caption={t('更正与撤回', 'Retractions')} rows={open.data?.retractions ?? []} empty={t('没有未确认的更正或撤回。', 'Nothing is open.')} columns={[
          { head: t('医生', 'Doctor'), cell: (r) => r.doctor }, { head: t('报告号', 'Report'), cell: (r) => r.number },
          { head: t('来源', 'Source'), cell: (r) => (r.source === 'own' ? t('本院', 'own') : r.source) },
          { head: t('性质', 'Kind'), cell: (r) => r.status === 'withdrawn' ? <span class="badge bad">{t('已撤回', 'withdrawn')}</span> : <span class="badge warn">{t('已更正', 'corrected')}</span> },
          { head: t('通知时间', 'Told'), cell: (r) => time(r.told_at) }, { head: t('已过小时', 'Hours'), cell: (r) => r.hours, number: true },
          { head: t('升级', 'Escalated'), cell: (r) => (r.escalated ? <span class="badge bad">{t('已升级', 'yes')}</span> : '—') },
        ]} />
      </section>
    </>
  );
}
