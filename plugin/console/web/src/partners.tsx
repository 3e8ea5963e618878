// Partner hospitals: the list, and the wizard that adds one: who it is, how it is reached, whether its certificate is the
// one that its people read out on the telephone, what is agreed, and everything in force.
import { useState } from 'preact/hooks';
import { get, post } from './api';
import type { PageProps } from './console';
import { said, t } from './i18n';
import { OptionFields } from './options';
import type { ConfigTable, Probe, Tables } from './types';
import { Act, Check, Choice, Dialog, Failed, Table, Text, useLoad } from './ui';

const stepWords: Record<string, [string, string]> = {
  name: ['找到主机', 'Host found'], connect: ['端口连通', 'Port reached'], tls: ['加密通道', 'Encrypted channel'], trust: ['证书机构可信', 'Issuer trusted'],
  fingerprint: ['证书指纹', 'Certificate fingerprint'], our_certificate: ['对方接受本院证书', 'Our certificate accepted'],
};
const spaced = (hex: string) => (hex.match(/../g) ?? []).join(':').toUpperCase();

export function Steps({ probe }: { probe: Probe }) {
  return (
    <ol class="steps" aria-label={t('连接测试', 'Connection test')}>
      {probe.steps.map((s) => (
        <li data-state={s.state}>
          <span class="mark" aria-hidden="true">{s.state === 'ok' ? '✓' : s.state === 'failed' ? '✗' : '·'}</span>
          <span>{t(stepWords[s.step]?.[0] ?? s.step, stepWords[s.step]?.[1] ?? s.step)}：<strong>{s.state === 'ok' ? t('通过', 'passed') : s.state === 'failed' ? t('未通过', 'failed') : t('未测', 'not reached')}</strong>
            {s.found && s.step !== 'fingerprint' && <span class="empty"> {s.found}</span>}
            {s.error && <div class="fault">{said(s.error)}</div>}</span>
        </li>
      ))}
    </ol>
  );
}

function Wizard({ tables, close, done }: { tables: Tables; close: () => void; done: () => Promise<void> }) {
  const [step, setStep] = useState(1);
  const [name, setName] = useState('');
  const [values, setValues] = useState<Record<string, string>>({ adapter: 'partner.mllp', level: '2' });
  const [probe, setProbe] = useState<Probe>();
  const [compared, setCompared] = useState(false);
  const [agreement, setAgreement] = useState<Record<string, string>>({ from: new Date().toISOString().slice(0, 10), send: 'true', receive: 'true', mode: 'push', basis: 'referral', all_items: 'false' });
  const put = (key: string) => (v: string) => setValues((old) => ({ ...old, [key]: v }));
  const agree = (key: string) => (v: string) => setAgreement((old) => ({ ...old, [key]: v }));
  const taken = tables.partners.some((p) => p.name === name);
  const goodName = /^[a-z0-9_]{1,64}$/.test(name);
  const fingerprint = probe?.certificate?.fingerprint ?? '';
  const save = async () => {
    await post('/config/save', { kind: 'partner', name, version: '', values: { ...values, ...(fingerprint ? { certificate_sha256: fingerprint } : {}) } });
    await post('/config/save', { kind: 'agreement', name: `${name}_${agreement.from!.slice(0, 4)}`, version: '', values: { ...agreement, partner: name } });
    await post('/apply');
    await done();
    setStep(5);
  };
  const test = async () => {
    setCompared(false);
    setProbe(await post<Probe>('/partners/probe', { address: values.address ?? '', server_name: values.server_name ?? '', fingerprint: '' }));
  };
  const refused = probe?.steps.some((s) => s.error?.id === 'probe.we_are_refused') ?? false;
  return (
    <Dialog title={t(`添加伙伴，第 ${Math.min(step, 4)} 步（共 4 步）`, `Add a partner, step ${Math.min(step, 4)} of 4`)} close={close}>
      {step === 1 && <form onSubmit={(e) => { e.preventDefault(); setStep(2); }}>
        <h3>{t('这是哪家医院', 'Which hospital is it')}</h3>
        <Text label={t('医院名称', 'Name of the hospital')} value={values.name ?? ''} set={put('name')} required />
        <Text label={t('联盟机构代码', 'Its code in the alliance')} help={t('由对方提供，须与对方本院设置中的 hospital.code 完全一致', 'As the partner tells; the same as hospital.code in its own settings')} value={values.organisation ?? ''} set={put('organisation')} required />
        <Text label={t('本系统中的代号', 'Short name in this system')} help={t('小写字母、数字、下划线，如 city_hospital；以后不能改', 'Lower-case letters, digits, underscores, such as city_hospital; it cannot be changed later')} value={name} set={setName} required />
        {name !== '' && !goodName && <p class="fault" role="alert">{t('代号只能用小写字母、数字和下划线', 'Only lower-case letters, digits and underscores')}</p>}
        {taken && <p class="fault" role="alert">{t('这个代号已有伙伴使用', 'Another partner has this name')}</p>}
        <div class="two">
          <Text label={t('行政区划代码', 'Division code')} help={t('GB/T 2260，如 420100；决定 HR 标识范围', 'GB/T 2260 such as 420100; HR scopes go by it')} value={values.region ?? ''} set={put('region')} />
          <Choice label={t('医院等级', 'Hospital level')} value={values.level ?? '0'} set={put('level')} options={[['3', t('三级', '3')], ['2', t('二级', '2')], ['1', t('一级', '1')], ['0', t('未定级', 'not graded')]]} />
        </div>
        <p class="row end"><button class="main" type="submit" disabled={!goodName || taken}>{t('下一步', 'Next')}</button></p>
      </form>}
      {step === 2 && <form onSubmit={(e) => e.preventDefault()}>
        <h3>{t('怎样连接它', 'How it is reached')}</h3>
        <Choice label={t('连接方式', 'Way of connecting')} value={values.adapter ?? 'partner.mllp'} set={put('adapter')} options={[['partner.mllp', t('HL7 v2（MLLP，TLS）', 'HL7 v2 over MLLP with TLS')], ['partner.https', t('HL7 v2（HTTPS）', 'HL7 v2 over HTTPS')]]} />
        <Text label={t('地址', 'Address')} help={t('主机名:端口，由对方网络管理员提供，如 hl7.city-hospital.example:2575', 'HOST:PORT as the partner\'s network administrator tells, such as hl7.city-hospital.example:2575')} value={values.address ?? ''} set={put('address')} required />
        <Text label={t('证书上的名称（与地址不同时才填）', 'Name in the certificate (only if it differs)')} value={values.server_name ?? ''} set={put('server_name')} />
        <Act kind="main" run={test} disabled={!values.address}>{t('测试连接', 'Test the connection')}</Act>
        {probe && <Steps probe={probe} />}
        {refused && <p class="notice">{t('对方还没有登记本院证书。请把“到期日历”页上本院证书的指纹告知对方；可以先继续，对方登记后自动连通。', 'The partner has not entered our certificate yet. Tell it the fingerprint of ours (page Expiry calendar); you may go on, it connects once that is done.')}</p>}
        <p class="row end"><button type="button" onClick={() => setStep(1)}>{t('上一步', 'Back')}</button><button type="button" class="main" disabled={!fingerprint} onClick={() => setStep(3)}>{t('下一步', 'Next')}</button></p>
      </form>}
      {step === 3 && <form onSubmit={(e) => { e.preventDefault(); setStep(4); }}>
        <h3>{t('核对证书指纹', 'Compare the fingerprint')}</h3>
        <p>{t('给对方信息科打电话，请其读出本院证书的 SHA-256 指纹，逐字核对：', 'Call the partner\'s IT department, have them read out the SHA-256 fingerprint of their certificate, and compare it character by character:')}</p>
        <p class="print" id="fingerprint">{spaced(fingerprint)}</p>
        <p class="empty">{probe?.certificate?.subject} · {t('签发', 'issued by')} {probe?.certificate?.issuer} · {t('有效期至', 'until')} {probe?.certificate?.until}</p>
        <Check label={t('已电话核对，完全一致', 'Compared by telephone, they are the same')} value={compared} set={setCompared} />
        <p class="help">{t('不一致时不要继续：连接的可能不是这家医院。', 'If they differ do not go on: this may not be that hospital.')}</p>
        <p class="row end"><button type="button" onClick={() => setStep(2)}>{t('上一步', 'Back')}</button><button class="main" type="submit" disabled={!compared}>{t('下一步', 'Next')}</button></p>
      </form>}
      {step === 4 && <form onSubmit={(e) => e.preventDefault()}>
        <h3>{t('约定了什么', 'What was agreed')}</h3>
        <div class="two">
          <Text label={t('生效日期', 'In force from')} type="date" value={agreement.from ?? ''} set={agree('from')} required />
          <Text label={t('截止日期（可空）', 'Until (may be empty)')} type="date" value={agreement.to ?? ''} set={agree('to')} />
        </div>
        <Choice label={t('共享方式', 'Sharing')} value={agreement.mode!} set={agree('mode')} options={[['push', t('推送：有关联的患者，报告发布即送达', 'push: sent on release, for patients with a tie')], ['pull', t('查询：接诊时向对方查询', 'pull: asked when an encounter starts')]]} />
        <Choice label={t('患者关联依据', 'What ties a patient')} value={agreement.basis!} set={agree('basis')} options={[['referral', t('转诊', 'referral')], ['contract', t('签约', 'contract')], ['consent', t('患者同意', 'consent')]]} />
        <Check label={t('向对方发送本院结果', 'We send our results')} value={agreement.send === 'true'} set={(v) => agree('send')(String(v))} />
        <Check label={t('采用对方的结果', 'We use theirs')} value={agreement.receive === 'true'} set={(v) => agree('receive')(String(v))} />
        <Check label={t('联盟内全部项目互认，不要求 HR 标识', 'All items inside the alliance, no HR mark needed')} value={agreement.all_items === 'true'} set={(v) => agree('all_items')(String(v))} />
        <p class="help">{t('项目范围、时限等以后可在“互认协议”页细调。', 'Items and windows can be refined later on the page Agreements.')}</p>
        <p class="row end"><button type="button" onClick={() => setStep(3)}>{t('上一步', 'Back')}</button><Act kind="main" run={save} disabled={!agreement.from}>{t('保存并生效', 'Save and put in force')}</Act></p>
      </form>}
      {step === 5 && <>
        <p class="fine" role="status">{t('已添加，协议已生效。', 'Added; the agreement is in force.')}</p>
        <p>{t('接下来：请对方也在其系统中添加本院，然后在“概况”页看连接是否正常。', 'Next: have the partner add this hospital in its system, then look at the connection on the page Overview.')}</p>
        <p class="row end"><button type="button" class="main" onClick={close}>{t('完成', 'Done')}</button></p>
      </>}
    </Dialog>
  );
}

function Edit({ table, tables, close, done }: { table: ConfigTable; tables: Tables; close: () => void; done: () => Promise<void> }) {
  const [values, setValues] = useState<Record<string, string>>(Object.fromEntries(table.given.map((k) => [k, table.values[k] ?? ''])));
  const [probe, setProbe] = useState<Probe>();
  const full = { ...table.values, ...values };
  const save = async () => {
    const wish: Record<string, string | null> = {};
    for (const key of new Set([...table.given, ...Object.keys(values)])) wish[key] = values[key] ? values[key]! : null;
    await post('/config/save', { kind: 'partner', name: table.name, version: table.version, values: wish });
    await done();
    close();
  };
  return (
    <Dialog title={t(`伙伴 ${table.name}`, `Partner ${table.name}`)} close={close} wide>
      <OptionFields options={tables.partner_options} values={values} defaults={table.values} set={(k, v) => setValues((old) => ({ ...old, [k]: v }))} />
      <p class="row"><Act run={async () => setProbe(await post('/partners/probe', { address: full.address ?? '', server_name: full.server_name ?? '', fingerprint: full.certificate_sha256 ?? '', tls: full.tls ?? 'true' }))}>{t('测试连接', 'Test the connection')}</Act></p>
      {probe && <Steps probe={probe} />}
      <p class="row end">
        <Act kind="danger" confirm={t('删除后不再与它交换；已发出和收到的内容保留。确定删除？', 'Nothing more is exchanged with it; what was exchanged stays. Remove it?')} run={async () => { await post('/config/remove', { kind: 'partner', name: table.name, version: table.version }); await done(); close(); }}>{t('删除伙伴', 'Remove')}</Act>
        <Act kind="main" run={save}>{t('保存', 'Save')}</Act>
      </p>
    </Dialog>
  );
}

export function Partners({ session, status, refresh }: PageProps) {
  const { data, error, again } = useLoad(() => get<Tables>('/config/tables'));
  const [adding, setAdding] = useState(false);
  const [editing, setEditing] = useState<ConfigTable>();
  const done = async () => { await again(); await refresh(); };
  const can = session.rights.includes('configure');
  const state = (name: string) => status?.health.partners?.find((p) => p.code === name);
  return (
    <>
      <Failed error={error} />
      {can && data && <p><button type="button" class="main" onClick={() => setAdding(true)}>{t('添加伙伴', 'Add a partner')}</button></p>}
      {data && <Table caption={t('伙伴', 'Partners')} rows={data.partners} empty={t('还没有伙伴。点“添加伙伴”，按提示四步完成。', 'No partner yet. Press “Add a partner”: four steps.')} columns={[
        { head: t('医院', 'Hospital'), cell: (p) => p.values.name ?? '' }, { head: t('代号', 'Short name'), cell: (p) => p.name }, { head: t('机构代码', 'Code'), cell: (p) => p.values.organisation ?? '' },
        { head: t('地址', 'Address'), cell: (p) => <code>{p.values.address ?? ''}</code> },
        { head: t('连接', 'Connection'), cell: (p) => { const s = state(p.name); return !s ? <span class="badge warn">{t('未生效', 'not in force')}</span> : s.breaker === 'open' ? <span class="badge bad">{t('不通', 'down')}</span> : <span class="badge good">{t('正常', 'fine')}</span>; } },
        { head: t('操作', 'Actions'), cell: (p) => can ? <button type="button" class="small" onClick={() => setEditing(p)} aria-label={t(`修改 ${p.name}`, `Change ${p.name}`)}>{t('修改', 'Change')}</button> : null },
      ]} />}
      {adding && data && <Wizard tables={data} close={() => setAdding(false)} done={done} />}
      {editing && data && <Edit table={editing} tables={data} close={() => setEditing(undefined)} done={done} />}
    </>
  );
}
