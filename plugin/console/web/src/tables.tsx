// The code tables in force: HR scopes and marks, EQA passes, windows, reasons, prices, rules; the hospital's own part in and
// out as CSV.
import { useEffect, useState } from 'preact/hooks';
import { download, get, post } from './api';
import type { PageProps } from './console';
import { t } from './i18n';
import { TableHistory } from './settings';
import { Act, Choice, Dialog, Failed, LongTable, Text, useLoad } from './ui';

interface Rows { table: string; columns: string[]; rows: string[][]; own: string; version: string }
const names: Record<string, [string, string]> = {
  'items.csv': ['标准项目', 'Standard items'], 'units.csv': ['单位换算', 'Units'], 'unit_aliases.csv': ['单位写法', 'Unit aliases'], 'panels.csv': ['组合', 'Panels'], 'specimens.csv': ['标本', 'Specimens'],
  'windows.csv': ['互认时限', 'Windows'], 'hr_scopes.csv': ['互认范围（HR）', 'HR scopes'], 'hr_marks.csv': ['HR 标识', 'HR marks'], 'eqa.csv': ['室间质评', 'EQA passes'], 'reasons.csv': ['重复检查理由', 'Reasons'],
  'rules.csv': ['特殊规则', 'Rules'], 'method_groups.csv': ['方法学分组', 'Method groups'], 'local_items.csv': ['项目对照', 'Local items'], 'prices.csv': ['价格表', 'Prices'], 'release.csv': ['版本', 'Release'],
};

export function Tables({ session, refresh }: PageProps) {
  const all = useLoad(() => get<{ tables: string[] }>('/codes/tables'));
  const [table, setTable] = useState('hr_marks.csv');
  const [data, setData] = useState<Rows>();
  const [error, setError] = useState<unknown>();
  const [word, setWord] = useState('');
  const [editing, setEditing] = useState(false);
  const [history, setHistory] = useState(false);
  const [csv, setCsv] = useState('');
  const can = session.rights.includes('codes');
  const load = () => post<Rows>('/codes/table', { table }).then((d) => { setData(d); setError(undefined); }, setError);
  useEffect(() => { void load(); }, [table]);
  const rows = (data?.rows ?? []).filter((r) => word === '' || r.some((c) => c.toLowerCase().includes(word.toLowerCase())));
  const done = async () => { await load(); await refresh(); };
  const open = () => { setCsv(data?.own || `${(data?.columns ?? []).join(',')}\n`); setEditing(true); };
  return (
    <>
      <div class="row">
        <Choice label={t('编码表', 'Table')} value={table} set={setTable} options={(all.data?.tables ?? [table]).map((n): [string, string] => [n, `${t(names[n]?.[0] ?? n, names[n]?.[1] ?? n)} (${n})`])} />
        <Text label={t('查找', 'Find')} value={word} set={setWord} />
      </div>
      <p class="row">
        {can && <button type="button" onClick={open}>{t('修改本院部分', 'Change our part')}</button>}
        <Act run={async () => { const r = await post<{ csv: string }>('/codes/export', { table }); download(table, r.csv); }}>{t('导出本院部分', 'Export our part')}</Act>
        <button type="button" onClick={() => setHistory(true)}>{t('历史与撤销', 'History and undo')}</button>
        <span role="status">{t(`${rows.length} 行`, `${rows.length} rows`)}</span>
      </p>
      <Failed error={error ?? all.error} />
      {data && (rows.length === 0 ? <p class="empty">{t('没有内容。', 'Nothing.')}</p> : <LongTable caption={table} rows={rows} rowKey={(r) => r.join('|')} height={32} columns={data.columns.map((c, i) => ({ head: c, cell: (r: string[]) => <span title={r[i]}>{r[i]}</span> }))} />)}
      {editing && data && (
        <Dialog title={t(names[table]?.[0] ?? table, names[table]?.[1] ?? table)} close={() => setEditing(false)} wide>
          <p class="help">{t('每行一条，列名见第一行；与随附表同键的行替换随附内容，其余为新增。带 valid_from / valid_to 的行按日期生效。', 'One row a line under the heading; rows with the key of a packaged one replace it, others are added. Rows with valid_from / valid_to hold for those days.')}</p>
          <label for="csv-text">CSV</label>
          <textarea id="csv-text" rows={16} spellcheck={false} value={csv} onInput={(e) => setCsv(e.currentTarget.value)} />
          <p class="row end"><Act run={async () => { await post('/codes/import', { table, csv, version: data.version, dry_run: true }); }}>{t('只检查', 'Check only')}</Act>
            <Act kind="main" run={async () => { await post('/codes/import', { table, csv, version: data.version, dry_run: false }); await done(); setEditing(false); }}>{t('保存', 'Save')}</Act></p>
        </Dialog>
      )}
      {history && <Dialog title={t('历史与撤销', 'History and undo')} close={() => setHistory(false)} wide><TableHistory files={[table]} can={can} done={done} /></Dialog>}
    </>
  );
}
