// What ends soon, what was changed by whom (and putting it back), and who may use the console.
import { useState } from 'preact/hooks';
import { get, post } from './api';
import type { PageProps } from './console';
import { t, time } from './i18n';
import { Act, Check, Choice, Dialog, Failed, Table, Text, useLoad } from './ui';

interface Ending { kind: string; name: string; until: string; over: boolean; fingerprint?: string }
const kinds: Record<string, [string, string]> = { certificate: ['本院证书', 'Own certificate'], trust: ['信任机构', 'Trusted authority'], agreement: ['协议', 'Agreement'], eqa: ['室间质评', 'EQA pass'], hr_mark: ['HR 标识', 'HR mark'] };

/** How many days are left, and how urgent that is. */
export function Left({ until, over, today }: { until: string; over?: boolean; today?: string }) {
  const days = Math.round((Date.parse(until) - Date.parse(today ?? new Date().toISOString().slice(0, 10))) / 86_400_000);
  return over || days < 0 ? <span class="badge bad">{t('已到期', 'over')}</span> : <span class={`badge ${days < 30 ? 'bad' : days < 90 ? 'warn' : 'good'}`}>{t(`${days} 天`, `${days} days`)}</span>;
}

// Where what ends is mended.
const places: Record<string, string> = { agreement: '#/agreements', eqa: '#/tables/eqa.csv', hr_mark: '#/tables/hr_marks.csv' };

/** Twelve months in a strip, how much ends in each; below, what it is and where it is mended. */
export function Calendar(_: PageProps) {
  const { data, error } = useLoad(() => get<{ today: string; rows: Ending[] }>('/calendar'));
  const [month, setMonth] = useState('');
  const own = data?.rows.find((r) => r.kind === 'certificate');
  const today = data?.today ?? '';
  const months = data ? Array.from({ length: 12 }, (_x, i) => { const d = new Date(`${today.slice(0, 7)}-01T00:00:00Z`); d.setUTCMonth(d.getUTCMonth() + i); return d.toISOString().slice(0, 7); }) : [];
  const over = data?.rows.filter((r) => r.over).length ?? 0;
  const rows = (data?.rows ?? []).filter((r) => month === '' || (month === 'over' ? r.over : !r.over && r.until.startsWith(month)));
  const tile = (key: string, words: string, n: number, kind: string) => <button type="button" class={`tile ${n > 0 ? kind : ''}`} aria-pressed={month === key} onClick={() => setMonth(month === key ? '' : key)}><span>{words}</span><b>{n}</b></button>;
  return (
    <>
      <Failed error={error} />
      {own?.fingerprint && <section class="card"><h2>{t('本院证书指纹（告知伙伴核对）', 'Fingerprint of our certificate (for the partner to compare)')}</h2><p class="print">{(own.fingerprint.match(/../g) ?? []).join(':').toUpperCase()}</p></section>}
      {data && <div class="months" role="group" aria-label={t('按月份', 'By month')}>{tile('over', t('已到期', 'over'), over, 'bad')}{months.map((m, i) => tile(m, m, data.rows.filter((r) => !r.over && r.until.startsWith(m)).length, i === 0 ? 'bad' : i < 3 ? 'warn' : 'good'))}</div>}
      {data && <Table caption={t('到期日历', 'Expiry calendar')} rows={rows} empty={month ? t('这个月没有到期的内容。', 'Nothing ends in that month.') : t('没有带截止日期的内容。', 'Nothing has an end.')} columns={[
        { head: t('截止', 'Until'), cell: (r) => r.until }, { head: t('剩余', 'Left'), cell: (r) => <Left until={r.until} over={r.over} today={today} /> },
        { head: t('类别', 'Kind'), cell: (r) => t(kinds[r.kind]?.[0] ?? r.kind, kinds[r.kind]?.[1] ?? r.kind) }, { head: t('名称', 'Name'), cell: (r) => r.name },
        { head: t('处理', 'Mend'), cell: (r) => places[r.kind] ? <a href={places[r.kind]} aria-label={t(`去处理 ${r.name}`, `Go there: ${r.name}`)}>{t('去处理', 'Go there')}</a> : <span class="help">{t('换证后请把新指纹告知各伙伴', 'Renew it, and tell the partners the new fingerprint')}</span> },
      ]} />}
    </>
  );
}

interface Change { id: string; file: string; part: string; who: string; what: string; at: string }
const whats: Record<string, [string, string]> = { saved: ['保存', 'saved'], removed: ['删除', 'removed'], restored: ['恢复', 'restored'], imported: ['导入', 'imported'], mapped: ['对照', 'mapped'] };

export function TableHistory({ files, can, done }: { files?: string[]; can: boolean; done: () => Promise<void> }) {
  const { data, error, again } = useLoad(() => get<{ changes: Change[] }>('/config/history'));
  const rows = (data?.changes ?? []).filter((c) => !files || files.includes(c.file));
  const undo = (c: Change) => async () => { await post(c.file === 'local.toml' ? '/config/restore' : '/codes/restore', { id: c.id }); await again(); await done(); };
  return (
    <>
      <Failed error={error} />
      <Table caption={t('更改记录', 'Changes')} rows={rows} empty={t('还没有更改。', 'No change yet.')} columns={[
        { head: t('时间', 'Time'), cell: (c) => time(c.at) }, { head: t('谁', 'Who'), cell: (c) => c.who }, { head: t('做了什么', 'What'), cell: (c) => t(whats[c.what]?.[0] ?? c.what, whats[c.what]?.[1] ?? c.what) },
        { head: t('对象', 'Object'), cell: (c) => <code>{c.part || c.file}</code> },
        { head: t('操作', 'Actions'), cell: (c) => can ? <Act kind="small" confirm={t('把它恢复到这次更改之前的样子？之后的更改也会在历史中保留。', 'Put it back to what it was before this change? Later changes stay in the history.')} run={undo(c)}>{t('恢复到此前', 'Put back')}</Act> : null },
      ]} />
    </>
  );
}

export function History({ session, refresh }: PageProps) {
  return <TableHistory can={session.rights.includes('configure')} done={refresh} />;
}

interface Account { name: string; display: string; role: string; disabled: boolean; locked: boolean; last_at: string }
const roles: [string, string, string][] = [['admin', '管理员', 'administrator'], ['operator', '运维', 'operator'], ['quality', '质控', 'quality manager'], ['auditor', '审计', 'auditor'], ['reader', '只读', 'read-only']];

function Edit({ account, close, done }: { account: Account | undefined; close: () => void; done: () => Promise<void> }) {
  const [name, setName] = useState(account?.name ?? '');
  const [display, setDisplay] = useState(account?.display ?? '');
  const [role, setRole] = useState(account?.role ?? 'reader');
  const [disabled, setDisabled] = useState(account?.disabled ?? false);
  const [password, setPassword] = useState('');
  return (
    <Dialog title={account ? account.name : t('添加用户', 'Add a user')} close={close}>
      {!account && <Text label={t('用户名', 'User name')} value={name} set={setName} help={t('2 至 64 个字母、数字或 _ . -', '2 to 64 letters, digits or _ . -')} />}
      <Text label={t('姓名', 'Name')} value={display} set={setDisplay} />
      <Choice label={t('角色', 'Role')} value={role} set={setRole} options={roles.map(([v, zh, en]) => [v, t(zh, en)])} />
      <Text label={account ? t('新密码（不改则留空）', 'New password (empty: as it is)') : t('初始密码', 'First password')} help={t('至少 10 个字符', 'At least 10 characters')} type="password" value={password} set={setPassword} autocomplete="new-password" />
      {account && <Check label={t('停用', 'Disabled')} value={disabled} set={setDisabled} />}
      <p class="row end"><Act kind="main" run={async () => { await post('/users/save', { name, display, role, disabled, password }); await done(); close(); }}>{t('保存', 'Save')}</Act></p>
    </Dialog>
  );
}

export function Users(_: PageProps) {
  const { data, error, again } = useLoad(() => get<{ users: Account[] }>('/users'));
  const [editing, setEditing] = useState<Account | null>();
  return (
    <>
      <Failed error={error} />
      <p><button type="button" class="main" onClick={() => setEditing(null)}>{t('添加用户', 'Add a user')}</button></p>
      <Table caption={t('用户', 'Users')} rows={data?.users ?? []} empty="" columns={[
        { head: t('用户名', 'User name'), cell: (u) => u.name }, { head: t('姓名', 'Name'), cell: (u) => u.display }, { head: t('角色', 'Role'), cell: (u) => { const r = roles.find(([v]) => v === u.role); return r ? t(r[1], r[2]) : u.role; } },
        { head: t('状态', 'State'), cell: (u) => u.disabled ? <span class="badge bad">{t('停用', 'disabled')}</span> : u.locked ? <span class="badge warn">{t('锁定', 'locked')}</span> : <span class="badge good">{t('正常', 'fine')}</span> },
        { head: t('最近登录', 'Last seen'), cell: (u) => time(u.last_at) },
        { head: t('操作', 'Actions'), cell: (u) => <span class="row"><button type="button" class="small" onClick={() => setEditing(u)} aria-label={t(`修改 ${u.name}`, `Change ${u.name}`)}>{t('修改', 'Change')}</button>{u.locked && <Act kind="small" run={async () => { await post('/users/unlock', { name: u.name }); await again(); }}>{t('解锁', 'Unlock')}</Act>}</span> },
      ]} />
      {editing !== undefined && <Edit account={editing ?? undefined} close={() => setEditing(undefined)} done={again} />}
    </>
  );
}
