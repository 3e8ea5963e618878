// The code tables in force, row by row as forms: HR scopes and marks, EQA passes with their ends, reasons, departments, prices,
// windows, rules; whole tables in and out as CSV.
import { useEffect, useState } from 'preact/hooks';
import { download, get, post } from './api';
import type { PageProps } from './console';
import { t } from './i18n';
import { RowForm, label, shown, type Column, type Row } from './rowform';
import { Left, TableHistory } from './settings';
import { Act, Choice, Dialog, Failed, LongTable, Text, useLoad, useNewest } from './ui';

interface Rows { table: string; columns: string[]; fields: Column[]; rows: string[][]; mine: boolean[]; own: string; version: string }
const names: Record<string, [string, string]> = {
  'hr_marks.csv': ['HR 标识', 'HR marks'], 'hr_scopes.csv': ['互认范围（HR）', 'HR scopes'], 'eqa.csv': ['室间质评', 'EQA passes'], 'reasons.csv': ['重复检查理由', 'Reasons'], 'departments.csv': ['科室', 'Departments'], 'prices.csv': ['价格表', 'Prices'],
  'windows.csv': ['互认时限', 'Windows'], 'rules.csv': ['特殊规则', 'Rules'], 'local_items.csv': ['项目对照', 'Local items'], 'items.csv': ['标准项目', 'Standard items'], 'panels.csv': ['组合', 'Panels'], 'units.csv': ['单位换算', 'Units'],
  'unit_aliases.csv': ['单位写法', 'Unit aliases'], 'specimens.csv': ['标本', 'Specimens'], 'method_groups.csv': ['方法学分组', 'Method groups'], 'release.csv': ['版本', 'Release'],
};
const order = Object.keys(names);
const named = () => { const wish = location.hash.split('/')[2] ?? ''; return wish in names ? wish : 'hr_marks.csv'; };
const plus = (day: string, years: number, days: number) => { const d = new Date(`${day}T00:00:00Z`); d.setUTCFullYear(d.getUTCFullYear() + years); d.setUTCDate(d.getUTCDate() + days); return d.toISOString().slice(0, 10); };

export function Tables({ session, refresh }: PageProps) {
  const all = useLoad(() => get<{ tables: string[] }>('/codes/tables'));
  const [table, setTable] = useState(named());
  const [data, setData] = useState<Rows>();
  const [error, setError] = useState<unknown>();
  const [word, setWord] = useState('');
  const [editing, setEditing] = useState(false);
  const [history, setHistory] = useState(false);
  const [form, setForm] = useState<{ row: Row; was?: Row; mine: boolean }>();
  const [csv, setCsv] = useState('');
  const can = session.rights.includes('codes');
  const newest = useNewest();
  const load = () => newest(post<Rows>('/codes/table', { table }), (d) => { setData(d); setError(undefined); }, setError);
  useEffect(() => { void load(); }, [table]);
  const held = data?.table === table ? data : undefined;
  const rows = (held?.rows ?? []).map((fields, i) => ({ fields, mine: held!.mine[i]! })).filter((r) => word === '' || r.fields.some((c) => c.toLowerCase().includes(word.toLowerCase())));
  const done = async () => { await load(); await refresh(); };
  const open = () => { setCsv(held?.own || `${(held?.columns ?? []).join(',')}\n`); setEditing(true); };
  const row = (fields: string[]): Row => Object.fromEntries((held?.columns ?? []).map((c, i) => [c, fields[i] ?? '']));
  const dated = held?.columns.includes('valid_to') ?? false;
  const keyed = held?.fields.some((f) => f.name === 'valid_from' && f.key) ?? false;
  // The next period begins on the day after this one ends and lasts as long as a year does.
  const renew = (fields: string[]) => { const r = row(fields); return { ...r, valid_from: plus(r.valid_to!, 0, 1), valid_to: plus(r.valid_to!, 1, 0) }; };
  const at = (name: string) => held?.columns.indexOf(name) ?? -1;
  const title = t(names[table]?.[0] ?? table, names[table]?.[1] ?? table);
  return (
    <>
      <div class="row">
        <Choice label={t('编码表', 'Table')} value={table} set={setTable} options={[...(all.data?.tables ?? [table])].sort((a, b) => order.indexOf(a) - order.indexOf(b)).map((n): [string, string] => [n, `${t(names[n]?.[0] ?? n, names[n]?.[1] ?? n)} (${n})`])} />
        <Text label={t('查找', 'Find')} value={word} set={setWord} />
      </div>
      <p class="row">
        {can && held && <button type="button" class="main" onClick={() => setForm({ row: {}, mine: true })}>{t('添加一行', 'Add a row')}</button>}
        {can && <button type="button" onClick={open}>{t('以 CSV 修改', 'Change as CSV')}</button>}
        <Act run={async () => { const r = await post<{ csv: string }>('/codes/export', { table }); download(table, r.csv); }}>{t('导出本院部分', 'Export our part')}</Act>
        <button type="button" onClick={() => setHistory(true)}>{t('历史与撤销', 'History and undo')}</button>
        <span role="status">{t(`${rows.length} 行`, `${rows.length} rows`)}</span>
      </p>
      <Failed error={error ?? all.error} />
      {held && (rows.length === 0 ? <p class="empty">{t('没有内容。', 'Nothing.')}</p> : <LongTable caption={title} rows={rows} rowKey={(r) => r.fields.join('|')} height={36} columns={[
        ...held.fields.map((f, i) => ({ head: label(table, f.name), ...(f.kind === 'date' || f.kind === 'yes_no' ? { width: '100px' } : f.kind === 'number' || f.kind === 'whole' ? { width: '80px' } : {}), cell: (r: { fields: string[] }) => <span title={r.fields[i]}>{shown(f, r.fields[i] ?? '')}</span> })),
        ...(dated ? [{ head: t('剩余', 'Left'), width: '86px', cell: (r: { fields: string[] }) => r.fields[at('valid_to')] ? <Left until={r.fields[at('valid_to')]!} /> : '—' }] : []),
        ...(can ? [{ head: t('操作', 'Actions'), width: keyed ? '128px' : '76px', cell: (r: { fields: string[]; mine: boolean }) => <span class="row">
          <button type="button" class="small" aria-label={t(`修改 ${r.fields[0]}`, `Change ${r.fields[0]}`)} onClick={() => setForm({ row: row(r.fields), was: row(r.fields), mine: r.mine })}>{t('修改', 'Change')}</button>
          {keyed && r.fields[at('valid_to')] && <button type="button" class="small" aria-label={t(`续期 ${r.fields[0]}`, `Renew ${r.fields[0]}`)} onClick={() => setForm({ row: renew(r.fields), mine: true })}>{t('续期', 'Renew')}</button>}</span> }] : []),
      ]} />)}
      {form && held && <RowForm table={table} title={`${title} — ${form.was ? t('修改', 'change') : t('添加', 'add')}`} columns={held.fields} version={held.version} row={form.row} was={form.was} mine={form.mine} done={done} close={() => setForm(undefined)} />}
      {editing && held && (
        <Dialog title={title} close={() => setEditing(false)} wide>
          <p class="help">{t('每行一条，列名见第一行；与随附表同键的行替换随附内容，其余为新增。带 valid_from / valid_to 的行按日期生效。', 'One row a line under the heading; rows with the key of a packaged one replace it, others are added. Rows with valid_from / valid_to hold for those days.')}</p>
          <label for="csv-text">CSV</label>
          <textarea id="csv-text" rows={16} spellcheck={false} value={csv} onInput={(e) => setCsv(e.currentTarget.value)} />
          <p class="row end"><Act run={async () => { await post('/codes/import', { table, csv, version: held.version, dry_run: true }); }}>{t('只检查', 'Check only')}</Act>
            <Act kind="main" run={async () => { await post('/codes/import', { table, csv, version: held.version, dry_run: false }); await done(); setEditing(false); }}>{t('保存', 'Save')}</Act></p>
        </Dialog>
      )}
      {history && <Dialog title={t('历史与撤销', 'History and undo')} close={() => setHistory(false)} wide><TableHistory files={[table]} can={can} done={done} /></Dialog>}
    </>
  );
}
