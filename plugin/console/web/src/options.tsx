// Fields made from what schemas/catalog/options.csv declares: type, default and help are said once, there.
import type { Option } from './types';
import { t } from './i18n';
import { Choice, Text } from './ui';

const hidden = new Set(['partner']);
const labels: Record<string, [string, string]> = {
  from: ['生效日期', 'In force from'], to: ['截止日期', 'Until'], send: ['发送本院结果', 'We send ours'], receive: ['采用对方结果', 'We use theirs'], mode: ['共享方式', 'Sharing'], basis: ['患者关联依据', 'What ties a patient'],
  all_items: ['全部项目互认', 'All items'], items: ['互认项目', 'Items'], window_days: ['互认时限（天）', 'Windows (days)'], window_base: ['时限起点', 'Windows count from'], signature: ['文书签名', 'Signatures'],
  min_level: ['最低医院等级', 'Least level'], backfill_days: ['补发天数', 'Backfill (days)'], organisation: ['联盟机构代码', 'Code in the alliance'], name: ['医院名称', 'Name'], region: ['行政区划代码', 'Division code'],
  level: ['医院等级', 'Level'], zone: ['时区', 'Time zone'], adapter: ['连接方式', 'Way of connecting'], address: ['地址', 'Address'], path: ['HTTPS 路径', 'HTTPS path'], certificate_sha256: ['证书指纹', 'Certificate fingerprint'],
  next_certificate_sha256: ['换证期间的新指纹', 'Next fingerprint'], server_name: ['证书上的名称', 'Name in the certificate'], tls: ['使用 TLS', 'TLS'], connect_timeout_ms: ['连接期限（毫秒）', 'Connect within (ms)'],
  handshake_timeout_ms: ['握手期限（毫秒）', 'Handshake within (ms)'], keep_idle_ms: ['连接保持（毫秒）', 'Keep idle (ms)'], max_idle: ['保持的连接数', 'Idle connections'], concurrency: ['同时在途', 'At a time'], window: ['每连接在途', 'On one connection'], packed: ['文档压缩传送', 'Documents packed'],
  time_to_live_hours: ['未发转人工（小时）', 'Time to live (hours)'], deduplicates: ['对方识别重复', 'It de-duplicates'], huren: ['对方是 huren', 'It is a huren'], cda_mode: ['文书格式', 'CDA mode'], signer_sha256: ['签名证书指纹', 'Signer fingerprint'],
  next_signer_sha256: ['新签名证书指纹', 'Next signer'], orders: ['接收医嘱', 'Takes orders'], acknowledgement: ['应答方式', 'Acknowledgement'], application_ack_timeout_ms: ['处理应答期限（毫秒）', 'Verdict within (ms)'], profile: ['报文检查规则', 'Message profile'],
  answer_minutes_routine: ['应答期限：普通（分钟）', 'Answer, routine (min)'], answer_minutes_urgent: ['应答期限：加急（分钟）', 'Answer, urgent (min)'], answer_minutes_critical: ['应答期限：危急（分钟）', 'Answer, critical (min)'],
  reading_minutes_routine: ['出报告期限：普通（分钟）', 'Report, routine (min)'], reading_minutes_urgent: ['出报告期限：加急（分钟）', 'Report, urgent (min)'], reading_minutes_critical: ['出报告期限：危急（分钟）', 'Report, critical (min)'],
  referral_days: ['转诊有效天数', 'Referral stands (days)'], package_days: ['随附检验报告天数', 'Reports with it (days)'], attachment_max_bytes: ['附件总大小上限（字节）', 'Enclosures at most (bytes)'], summary_items: ['共享摘要的项目', 'Items in a summary'],
};

const choices: Record<string, [string, string]> = {
  push: ['推送', 'push'], pull: ['查询', 'pull'], index: ['索引', 'index'], referral: ['转诊', 'referral'], contract: ['签约', 'contract'], consent: ['患者同意', 'consent'], collected: ['采集时间', 'collection'], reported: ['报告时间', 'report'],
  required: ['必须签名', 'required'], accepted: ['有则验证', 'accepted'], off: ['不看', 'off'], cn: ['国内扩展', 'cn'], strict: ['严格', 'strict'], enhanced: ['先收妥后应答', 'enhanced'], original: ['处理后应答', 'original'],
};
const chosen = (value: string) => { const words = choices[value]; return words ? t(`${words[0]}（${value}）`, words[1] === value ? value : `${words[1]} (${value})`) : value; };

export function OptionFields({ options, values, defaults, set }: { options: Option[]; values: Record<string, string>; defaults: Record<string, string>; set: (key: string, value: string) => void }) {
  return (
    <div class="two">
      {options.filter((o) => !hidden.has(o.key)).map((o) => {
        const help = t(o.zh, o.en) + (o.type === 'list' ? t('（逗号分隔）', ' (with commas)') : o.type === 'days' ? t('（如 GLU=30,class:lipid=14）', ' (such as GLU=30,class:lipid=14)') : '');
        const known = labels[o.key];
        const label = known ? t(known[0], known[1]) : o.key;
        const value = values[o.key] ?? '';
        const fallback = o.default || defaults[o.key] || '';
        if (o.type === 'boolean') return <Choice label={label} help={help} value={value} set={(v) => set(o.key, v)} options={[['', t(`默认（${o.default}）`, `default (${o.default})`)], ['true', t('是', 'yes')], ['false', t('否', 'no')]]} />;
        if (o.type.startsWith('choice:')) return <Choice label={label} help={help} value={value} set={(v) => set(o.key, v)} options={[['', t(`默认：${chosen(o.default)}`, `default: ${chosen(o.default)}`)], ...o.type.slice(7).split('|').map((c): [string, string] => [c, chosen(c)])]} />;
        return <Text label={label + (o.required === 'yes' ? ' *' : '')} help={help} type={o.type === 'date' ? 'date' : 'text'} value={value} set={(v) => set(o.key, v)} placeholder={value ? '' : fallback} />;
      })}
    </div>
  );
}
