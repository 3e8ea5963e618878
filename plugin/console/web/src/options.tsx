// Fields made from what schemas/catalog/options.csv declares: type, default and help are said once, there.
import type { Option } from './types';
import { t } from './i18n';
import { Choice, Text } from './ui';

const hidden = new Set(['partner']);

export function OptionFields({ options, values, defaults, set }: { options: Option[]; values: Record<string, string>; defaults: Record<string, string>; set: (key: string, value: string) => void }) {
  return (
    <div class="two">
      {options.filter((o) => !hidden.has(o.key)).map((o) => {
        const help = t(o.zh, o.en) + (o.type === 'list' ? t('（逗号分隔）', ' (with commas)') : o.type === 'days' ? t('（如 GLU=30,class:lipid=14）', ' (such as GLU=30,class:lipid=14)') : '');
        const label = o.key;
        const value = values[o.key] ?? '';
        const fallback = o.default || defaults[o.key] || '';
        if (o.type === 'boolean') return <Choice label={label} help={help} value={value} set={(v) => set(o.key, v)} options={[['', t(`默认（${o.default}）`, `default (${o.default})`)], ['true', t('是', 'yes')], ['false', t('否', 'no')]]} />;
        if (o.type.startsWith('choice:')) return <Choice label={label} help={help} value={value} set={(v) => set(o.key, v)} options={[['', t(`默认（${o.default}）`, `default (${o.default})`)], ...o.type.slice(7).split('|').map((c): [string, string] => [c, c])]} />;
        return <Text label={label + (o.required === 'yes' ? ' *' : '')} help={help} type={o.type === 'date' ? 'date' : 'text'} value={value} set={(v) => set(o.key, v)} placeholder={value ? '' : fallback} />;
      })}
    </div>
  );
}
