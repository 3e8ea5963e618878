// What a person wants to know on coming in: does it run, does anything wait for me.
import type { PageProps } from './console';
import { post } from './api';
import { t, time } from './i18n';
import { Act, Table } from './ui';
import { useState } from 'preact/hooks';

export function age(ms: number): string {
  if (ms < 60_000) return t('不到 1 分钟', 'under a minute');
  if (ms < 3_600_000) return t(`${Math.floor(ms / 60_000)} 分钟`, `${Math.floor(ms / 60_000)} min`);
  return t(`${Math.floor(ms / 3_600_000)} 小时`, `${Math.floor(ms / 3_600_000)} h`);
}

function Figure({ name, value, bad, href }: { name: string; value: number | string; bad: boolean; href?: string }) {
  return <div class={bad ? 'figure bad' : 'figure'}><span>{name}</span><b>{value}</b>{href && <a href={href}>{t('查看', 'Look')}</a>}</div>;
}

function Reconcile({ partners }: { partners: string[] }) {
  const yesterday = new Date(Date.now() - 86_400_000).toISOString().slice(0, 10);
  const [partner, setPartner] = useState(partners[0] ?? '');
  const [day, setDay] = useState(yesterday);
  const [done, setDone] = useState<{ dry_run: boolean; days: number; differing_days: number; sent: number; asked: number; waits_for_person: number; differs: number; only_there: number; unknown_there: number }>();
  const run = async (dry: boolean) => setDone(await post('/reconcile', { partner, from: day, to: day, dry_run: dry }));
  if (partners.length === 0) return null;
  const open = done ? done.waits_for_person + done.differs + done.only_there + done.unknown_there : 0;
  return (
    <section class="card">
      <h2>{t('与伙伴核对', 'Compare with a partner')}</h2>
      <div class="row">
        <label>{t('伙伴', 'Partner')} <select value={partner} onChange={(e) => setPartner(e.currentTarget.value)}>{partners.map((p) => <option>{p}</option>)}</select></label>
        <label>{t('报告发布日', 'Day of release')} <input type="date" value={day} onInput={(e) => setDay(e.currentTarget.value)} /></label>
        <Act run={() => run(true)}>{t('只核对', 'Compare only')}</Act>
        <Act run={() => run(false)}>{t('核对并补齐', 'Compare and repair')}</Act>
      </div>
      {done && (done.differing_days === 0
        ? <p class="fine" role="status">{t('两院一致。', 'Both hospitals hold the same.')}</p>
        : <p class={open ? 'notice' : 'fine'} role="status">{t(`有差异：${done.dry_run ? '可' : '已'}重新发出 ${done.sent} 份，${done.dry_run ? '可' : '已'}请对方重发 ${done.asked} 份，需人工 ${open} 份。`, `Differences: ${done.sent} ${done.dry_run ? 'can be' : 'were'} sent again, ${done.asked} ${done.dry_run ? 'can be' : 'were'} asked for, ${open} need a person.`)}</p>)}
    </section>
  );
}

export function Overview({ status, session }: PageProps) {
  const [backup, setBackup] = useState('');
  if (!status) return <p>{t('正在读取…', 'Loading…')}</p>;
  const h = status.health;
  const short = (h.certificates ?? []).filter((c) => c.days_left === null || c.days_left < 30);
  const can = session.rights.includes('operate');
  return (
    <>
      {!h.live && <p class="fault" role="alert">{t('引擎没有在收发：另一进程持有运行权，或正在启动。请运行 huren-ctl doctor。', 'The engine does not carry traffic: another process holds the right, or it is starting. Run huren-ctl doctor.')}</p>}
      {h.store !== 'ok' && <p class="fault" role="alert">{t('存储异常：请检查磁盘与权限。', 'The store is not well: check disk and permissions.')} {h.store}</p>}
      {short.map((c) => <p class="notice" role="alert">{t(`证书 ${c.name} ${c.days_left === null ? '读不出' : `还有 ${c.days_left} 天到期`}：请换证。`, `Certificate ${c.name} ${c.days_left === null ? 'cannot be read' : `ends in ${c.days_left} days`}: renew it.`)}</p>)}
      <div class="cards">
        <Figure name={t('待人工的消息', 'Wait for a person')} value={h.outbox_parked ?? 0} bad={(h.outbox_parked ?? 0) > 0} href="#/queue" />
        <Figure name={t('待投递', 'Waiting to go out')} value={h.outbox_waiting ?? 0} bad={(h.oldest_waiting_ms ?? 0) > 3_600_000} />
        <Figure name={t('更正撤回未确认', 'Retractions open')} value={h.retractions_open ?? 0} bad={(h.retractions_escalated ?? 0) > 0} href="#/retractions" />
        <Figure name={t('未对上患者的外院报告', 'Reports without a patient')} value={h.unmatched_reports ?? 0} bad={false} />
        <Figure name={t('HIS 未取的通知', 'Notices the HIS has not taken')} value={h.notices_open ?? 0} bad={false} />
      </div>
      <section class="card">
        <h2>{t('伙伴', 'Partners')}</h2>
        <Table caption={t('伙伴', 'Partners')} rows={h.partners ?? []} empty={t('还没有伙伴。到“伙伴”页添加第一家。', 'No partner yet. Add the first one on the page Partners.')} columns={[
          { head: t('代号', 'Name'), cell: (p) => p.code },
          { head: t('连接', 'Connection'), cell: (p) => p.breaker === 'open' ? <span class="badge bad">{t('不通，自动重试中', 'Down, being retried')}</span> : p.breaker ? <span class="badge good">{t('正常', 'Fine')}</span> : '—' },
          { head: t('待投递', 'Waiting'), cell: (p) => p.waiting, number: true },
          { head: t('最早已等', 'Oldest waits'), cell: (p) => p.waiting ? age(p.oldest_waiting_ms) : '—' },
          { head: t('待人工', 'For a person'), cell: (p) => p.parked, number: true },
          { head: t('最近成功', 'Last success'), cell: (p) => p.last_success_at ? time(p.last_success_at) : '—' },
        ]} />
      </section>
      {can && <Reconcile partners={(h.partners ?? []).map((p) => p.code)} />}
      {can && (
        <section class="card">
          <h2>{t('备份', 'Backup')}</h2>
          <p>{t('在线备份，写入服务器数据目录的 backup 文件夹；请再复制到别的机器。恢复用 huren-ctl store restore。', 'Made beside the running engine, into the folder backup of the data on the server; copy it to another machine. To restore: huren-ctl store restore.')}</p>
          <Act run={async () => { const r = await post<{ file: string; bytes: number }>('/backup'); setBackup(`${r.file}  (${Math.ceil(r.bytes / 1024)} KiB)`); }}>{t('立即备份', 'Back up now')}</Act>
          {backup && <p class="fine" role="status">{t('已完成：', 'Done: ')}<code>{backup}</code></p>}
        </section>
      )}
      <p class="empty">{t('编码表版本', 'Code tables')} {h.codes} · {t('自启动以来的警告与错误', 'Warnings and errors since the start')} {h.log?.warnings ?? 0} / {h.log?.errors ?? 0}</p>
    </>
  );
}
