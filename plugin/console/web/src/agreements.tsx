// Agreements: what is recognised with whom, since when; before saving, what it would have changed last month.
import { useState } from 'preact/hooks';
import { ApiError, get, post } from './api';
import type { PageProps } from './console';
import { t } from './i18n';
import { OptionFields } from './options';
import type { ConfigTable, Tables } from './types';
import { Act, Choice, Dialog, FaultList, Failed, Table, Text, useLoad } from './ui';

interface Effect { days: number; orders: number; changed: number; unreadable: number; items: { item: string; orders: number; before: Record<string, number>; after: Record<string, number> }[] }
const outcome: Record<string, [string, string]> = { recognised: ['可互认', 'recognised'], partial: ['部分', 'partial'], advisory: ['仅供参考', 'advisory'], none: ['无', 'none'] };
const counts = (c: Record<string, number>) => Object.entries(c).map(([k, n]) => `${t(outcome[k]?.[0] ?? k, outcome[k]?.[1] ?? k)} ${n}`).join('，');

function Edit({ table, tables, close, done, fresh }: { table: ConfigTable; tables: Tables; close: () => void; done: () => Promise<void>; fresh: boolean }) {
  const [name, setName] = useState(table.name);
  const [values, setValues] = useState<Record<string, string>>(Object.fromEntries(table.given.map((k) => [k, table.values[k] ?? ''])));
  const [effect, setEffect] = useState<Effect>();
  const [conflict, setConflict] = useState<ApiError>();
  const wish = () => Object.fromEntries([...new Set([...table.given, ...Object.keys(values)])].map((k) => [k, values[k] ? values[k]! : null]));
  const save = async () => {
    try {
      await post('/config/save', { kind: 'agreement', name, version: fresh ? '' : table.version, values: wish() });
    } catch (e) {
      if (e instanceof ApiError && e.fault.id === 'console.changed_meanwhile') { setConflict(e); return; }
      throw e;
    }
    await done();
    close();
  };
  const partners = tables.partners.map((p): [string, string] => [p.name, `${p.values.name ?? ''} (${p.name})`]);
  return (
    <Dialog title={fresh ? t('新协议', 'New agreement') : t(`协议 ${name}`, `Agreement ${name}`)} close={close} wide>
      {fresh && <Text label={t('协议代号', 'Short name')} help={t('如 city_2026', 'such as city_2026')} value={name} set={setName} required />}
      <Choice label={t('伙伴', 'Partner')} value={values.partner ?? ''} set={(v) => setValues((old) => ({ ...old, partner: v }))} options={[['', '—'], ...partners]} />
      <OptionFields options={tables.agreement_options} values={values} defaults={table.values} set={(k, v) => setValues((old) => ({ ...old, [k]: v }))} />
      <p class="row"><Act run={async () => setEffect(await post('/agreements/preview', { name, values: wish() }))}>{t('试算上月医嘱', 'Try on last month\'s orders')}</Act></p>
      {effect && <div class="notice" role="status">
        <p>{effect.orders === 0 ? t('近 31 天没有可重算的提示记录：新协议的效果要在启用后才能看到。', 'No recorded suggestion of the last 31 days can be computed again: the effect shows once it is in force.')
          : t(`近 ${effect.days} 天曾有提示的 ${effect.orders} 条医嘱按新协议重算，${effect.changed} 条结果不同。`, `${effect.orders} orders of the last ${effect.days} days for which something was shown, decided again: ${effect.changed} differ.`)}
          {effect.unreadable > 0 && t(` 另有 ${effect.unreadable} 条记录已清理，无法重算。`, ` ${effect.unreadable} records are gone.`)}</p>
        {effect.items.length > 0 && <Table caption={t('试算', 'Preview')} rows={effect.items} empty="" columns={[{ head: t('项目', 'Item'), cell: (r) => r.item }, { head: t('医嘱', 'Orders'), cell: (r) => r.orders, number: true }, { head: t('当时', 'Then'), cell: (r) => counts(r.before) }, { head: t('按新协议', 'Now'), cell: (r) => counts(r.after) }]} />}
      </div>}
      {conflict && <><FaultList fault={conflict.fault} findings={[]} /><p class="row end"><button type="button" onClick={() => { void done(); close(); }}>{t('查看最新内容', 'Show what it says now')}</button></p></>}
      <p class="row end">
        {!fresh && <Act kind="danger" confirm={t('删除后双方不再按此协议交换；更正仍会送达收过旧版的医院。确定删除？', 'Nothing more goes by it; corrections still reach those who had the earlier version. Remove it?')} run={async () => { await post('/config/remove', { kind: 'agreement', name, version: table.version }); await done(); close(); }}>{t('删除协议', 'Remove')}</Act>}
        <Act kind="main" run={save}>{t('保存', 'Save')}</Act>
      </p>
    </Dialog>
  );
}

export function Agreements({ session, refresh }: PageProps) {
  const { data, error, again } = useLoad(() => get<Tables>('/config/tables'));
  const [editing, setEditing] = useState<{ table: ConfigTable; fresh: boolean }>();
  const can = session.rights.includes('configure');
  const done = async () => { await again(); await refresh(); };
  const yes = (v: string | undefined) => (v === 'false' ? '—' : '✓');
  return (
    <>
      <Failed error={error} />
      {can && data && <p><button type="button" class="main" disabled={data.partners.length === 0} onClick={() => setEditing({ fresh: true, table: { name: '', version: '', values: {}, given: [] } })}>{t('新协议', 'New agreement')}</button></p>}
      {data && <Table caption={t('互认协议', 'Agreements')} rows={data.agreements} empty={t('还没有协议。', 'No agreement yet.')} columns={[
        { head: t('代号', 'Name'), cell: (a) => a.name }, { head: t('伙伴', 'Partner'), cell: (a) => a.values.partner ?? '' },
        { head: t('生效', 'From'), cell: (a) => a.values.from ?? '' }, { head: t('截止', 'Until'), cell: (a) => a.values.to ?? t('长期', 'open') },
        { head: t('发送', 'Send'), cell: (a) => yes(a.values.send) }, { head: t('采用', 'Use'), cell: (a) => yes(a.values.receive) }, { head: t('方式', 'Mode'), cell: (a) => a.values.mode ?? '' },
        { head: t('依据', 'Basis'), cell: (a) => a.values.basis ?? '' }, { head: t('项目', 'Items'), cell: (a) => a.values.items || t('全部', 'all') },
        { head: t('操作', 'Actions'), cell: (a) => can ? <button type="button" class="small" onClick={() => setEditing({ table: a, fresh: false })} aria-label={t(`修改 ${a.name}`, `Change ${a.name}`)}>{t('修改', 'Change')}</button> : null },
      ]} />}
      {editing && data && <Edit table={editing.table} fresh={editing.fresh} tables={data} close={() => setEditing(undefined)} done={done} />}
    </>
  );
}
