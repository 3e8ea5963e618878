// One row of a code table as a form: the fields follow from what the table's columns take.
import { useEffect, useState } from 'preact/hooks';
import { get, post } from './api';
import { t } from './i18n';
import type { StandardItem, Tables as Config } from './types';
import { Act, Choice, Dialog, Field } from './ui';

export interface Column { name: string; kind: string; required: boolean; key: boolean; choices: string[] }
export type Row = Record<string, string>;

const labels: Record<string, [string, string]> = {
  code: ['本院代码', 'Local code'], department: ['科室代码', 'Department'], zh: ['中文名称', 'Chinese name'], en: ['英文名称', 'English name'], aliases: ['别名', 'Other names'], source: ['依据', 'Source'],
  valid_from: ['生效日期', 'From'], valid_to: ['截止日期', 'Until'], lab: ['检验机构', 'Laboratory'], item: ['标准项目', 'Standard item'], items: ['项目', 'Items'], method_group: ['方法学分组', 'Method group'], verdict: ['结论', 'Verdict'],
  scope: ['范围', 'Scope'], parent: ['上级范围', 'Wider scope'], marks: ['报告上的写法', 'As reports write it'], regions: ['行政区划', 'Division codes'], reason: ['代码', 'Code'], counts_as_decline: ['计入不互认', 'Counts as declined'],
  requires_note: ['须填说明', 'Needs a note'], price: ['价格（元）', 'Price (CNY)'], days: ['时限（天）', 'Days'], rule: ['规则代码', 'Rule'], agreement: ['互认协议', 'Agreement'], situation: ['情形', 'Situation'], age_from: ['年龄从', 'Age from'],
  age_to: ['年龄到', 'Age to'], action: ['做法', 'Action'], window_days: ['时限（天）', 'Days'], name: ['名称', 'Name'], panel: ['组合', 'Panel'], unit: ['单位', 'Unit'], specimen: ['标本', 'Specimen'], equals: ['等同于', 'Same as'], pinyin: ['拼音首字母', 'Pinyin'],
  class: ['类别', 'Class'], numeric: ['数值', 'Numeric'], specimens: ['标本', 'Specimens'], method_dependent: ['方法相关', 'Method dependent'], plausible_low: ['合理下限', 'Plausible low'], plausible_high: ['合理上限', 'Plausible high'],
  critical_low: ['危急下限', 'Critical low'], critical_high: ['危急上限', 'Critical high'], loinc: ['LOINC', 'LOINC'], scale: ['系数', 'Scale'], offset: ['偏移', 'Offset'], printed: ['报告写法', 'As printed'], ucum: ['UCUM', 'UCUM'],
  required: ['必需', 'Required'], methods: ['方法', 'Methods'], release: ['版本', 'Release'],
};
// The same word means another thing in some tables.
const special: Record<string, [string, string]> = { 'rules.csv:department': ['科室', 'Department'], 'rules.csv:scope': ['项目或类别', 'Item or class'], 'windows.csv:scope': ['项目或类别', 'Item or class'], 'hr_marks.csv:scope': ['互认范围', 'HR scope'] };
const helps: Record<string, [string, string]> = {
  'hr_marks.csv:item': ['标准项目代码，* 为全部项目', 'A standard item, * for all'], 'departments.csv:aliases': ['HIS 中的科室代码、名称等，用 | 分隔；统计和规则把它们当作同一科室', 'How systems call it, with | between; rules and figures take them as one'],
  'hr_scopes.csv:marks': ['用 | 分隔，如 鄂HR|湖北HR', 'With | between, such as 鄂HR|湖北HR'], 'hr_scopes.csv:regions': ['GB/T 2260 前缀，用 | 分隔；空为全国', 'GB/T 2260 prefixes with | between; empty: everywhere'],
  'eqa.csv:valid_to': ['到期前 90 天起在到期日历中提示', 'The expiry calendar warns from 90 days before'], 'eqa.csv:lab': ['机构代码，如伙伴的联盟机构代码', 'Organisation code, such as a partner\'s'], 'prices.csv:code': ['本院项目代码', 'The hospital\'s own item code'],
};
const words: Record<string, [string, string]> = { passed: ['合格', 'passed'], failed: ['不合格', 'failed'], withdrawn: ['已撤销', 'withdrawn'], advise: ['只提示', 'advise'], never: ['不互认', 'never'], window: ['缩短时限', 'window'], yes: ['是', 'yes'], no: ['否', 'no'] };
export const label = (table: string, column: string) => { const w = special[`${table}:${column}`] ?? labels[column]; return w ? t(w[0], w[1]) : column; };
export const shown = (column: Column, value: string) => { const w = column.kind === 'choice' || column.kind === 'yes_no' ? words[value] : undefined; return w ? t(w[0], w[1]) : value; };

/** What may be typed into a column, for the browser's own list of offers. */
function useOffers(table: string): Record<string, [string, string][]> {
  const [offers, setOffers] = useState<Record<string, [string, string][]>>({});
  useEffect(() => {
    const load = async () => {
      const { items } = await get<{ items: StandardItem[] }>('/codes/items');
      const config = await get<Config>('/config/tables');
      const codes = items.filter((i) => i.item).map((i): [string, string] => [i.item, t(i.zh, i.en)]);
      const next: Record<string, [string, string][]> = {
        item: codes, agreement: config.agreements.map((a): [string, string] => [a.name, a.values.partner ?? '']), lab: config.partners.map((p): [string, string] => [p.values.organisation ?? '', p.values.name ?? '']),
      };
      if (table === 'windows.csv' || table === 'rules.csv') next.scope = codes;
      if (table === 'hr_marks.csv') next.scope = (await post<{ rows: string[][] }>('/codes/table', { table: 'hr_scopes.csv' })).rows.map((r): [string, string] => [r[0]!, t(r[1]!, r[2]!)]);
      if (table === 'rules.csv') next.department = (await post<{ rows: string[][] }>('/codes/table', { table: 'departments.csv' })).rows.map((r): [string, string] => [r[0]!, r[1]!]);
      if (table === 'prices.csv') next.code = (await get<{ items: { code: string; name: string }[] }>('/mapping')).items.map((i): [string, string] => [i.code, i.name]);
      setOffers(next);
    };
    load().catch(() => { /* without offers the form works, too */ });
  }, []);
  return offers;
}

export function RowForm({ table, title, columns, version, row, was, mine, done, close }: {
  table: string; title: string; columns: Column[]; version: string; row: Row; was: Row | undefined; mine: boolean; done: () => Promise<void>; close: () => void;
}) {
  const [values, setValues] = useState<Row>(row);
  const offers = useOffers(table);
  const put = (name: string) => (v: string) => setValues((old) => ({ ...old, [name]: v }));
  const key = was && Object.fromEntries(columns.filter((c) => c.key).map((c) => [c.name, was[c.name] ?? '']));
  const send = async (remove: boolean, dry: boolean) => {
    await post('/codes/row', { table, version, row: remove ? {} : values, ...(key ? { was: key } : {}), remove, dry_run: dry });
    if (dry) return;
    await done();
    close();
  };
  return (
    <Dialog title={title} close={close}>
      <form onSubmit={(e) => e.preventDefault()}>
        <div class="two">
          {columns.map((c) => {
            const name = label(table, c.name) + (c.required ? ' *' : '');
            const h = helps[`${table}:${c.name}`];
            const help = h ? t(h[0], h[1]) : c.kind === 'list' ? t('用 | 分隔', 'With | between') : undefined;
            const value = values[c.name] ?? '';
            if (c.kind === 'yes_no' || c.kind === 'choice') {
              const all = c.kind === 'yes_no' ? ['yes', 'no'] : c.choices;
              return <Choice label={name} help={help} value={value} set={put(c.name)} options={[...(value === '' ? [['', '—'] as [string, string]] : []), ...all.map((v): [string, string] => [v, shown(c, v)])]} />;
            }
            const list = offers[c.name];
            return (
              <Field label={name} help={help}>
                {(id, by) => <><input id={id} type={c.kind === 'date' ? 'date' : 'text'} inputMode={c.kind === 'number' || c.kind === 'whole' ? 'decimal' : undefined} aria-describedby={by} value={value} autocomplete="off"
                  list={list ? `${id}-offers` : undefined} onInput={(e) => put(c.name)(e.currentTarget.value)} />
                {list && <datalist id={`${id}-offers`}>{list.map(([v, w]) => <option value={v}>{w}</option>)}</datalist>}</>}
              </Field>
            );
          })}
        </div>
        {was && !mine && <p class="help">{t('这一行是随附的：保存后以本院的为准；要停用请填截止日期。', 'This row came with the product: yours counts once it is saved; give it a last day to end it.')}</p>}
        <p class="row end">
          {was && mine && <Act kind="danger" confirm={t('删除这一行？历史中可以恢复。', 'Take this row out? The history can bring it back.')} run={() => send(true, false)}>{t('删除', 'Remove')}</Act>}
          <Act kind="main" run={() => send(false, false)}>{t('保存', 'Save')}</Act>
        </p>
      </form>
    </Dialog>
  );
}
