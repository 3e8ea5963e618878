// The console's frame: the door (first administrator, signing in), the menu, and the page that the address names.
import { render } from 'preact';
import type { JSX } from 'preact';
import { useEffect, useState } from 'preact/hooks';
import { Agreements } from './agreements';
import { ApiError, get, post, setCsrf } from './api';
import { Audit } from './audit';
import { Figures } from './figures';
import { Inbox } from './inbox';
import { lang, setLanguage, t, useLanguage } from './i18n';
import { Mapping } from './mapping';
import { Overview } from './overview';
import { Partners } from './partners';
import { Queue } from './queue';
import { Retractions } from './retractions';
import { Calendar, History, Users } from './settings';
import { Tables } from './tables';
import type { Session, Status } from './types';
import { Act, Dialog, Failed, Text, useNewest } from './ui';

interface Page { path: string; zh: string; en: string; right: string; make: (p: PageProps) => JSX.Element }
export interface PageProps { session: Session; status: Status | undefined; refresh: () => Promise<void> }
const groups: { zh: string; en: string; pages: Page[] }[] = [
  { zh: '运行', en: 'Operations', pages: [
    { path: '', zh: '概况', en: 'Overview', right: 'read', make: Overview },
    { path: 'queue', zh: '投递队列', en: 'Queue', right: 'read', make: Queue },
    { path: 'inbox', zh: '来件问题', en: 'Refused messages', right: 'read', make: Inbox },
    { path: 'retractions', zh: '更正与撤回', en: 'Retractions', right: 'read', make: Retractions },
    { path: 'audit', zh: '审计', en: 'Audit', right: 'audit', make: Audit },
  ] },
  { zh: '互认', en: 'Recognition', pages: [
    { path: 'figures', zh: '统计', en: 'Figures', right: 'read', make: Figures },
    { path: 'mapping', zh: '项目对照', en: 'Code mapping', right: 'read', make: Mapping },
    { path: 'tables', zh: '编码表', en: 'Code tables', right: 'read', make: Tables },
  ] },
  { zh: '设置', en: 'Settings', pages: [
    { path: 'partners', zh: '伙伴', en: 'Partners', right: 'read', make: Partners },
    { path: 'agreements', zh: '互认协议', en: 'Agreements', right: 'read', make: Agreements },
    { path: 'calendar', zh: '到期日历', en: 'Expiry calendar', right: 'read', make: Calendar },
    { path: 'history', zh: '更改记录', en: 'Changes', right: 'read', make: History },
    { path: 'users', zh: '用户', en: 'Users', right: 'users', make: Users },
  ] },
];
const pages = groups.flatMap((g) => g.pages);

const Tongue = () => (
  <button type="button" onClick={() => setLanguage(lang() === 'zh' ? 'en' : 'zh')} lang={lang() === 'zh' ? 'en' : 'zh-CN'}>{lang() === 'zh' ? 'English' : '中文'}</button>
);

function Door({ needsSetup, hospital, done }: { needsSetup: boolean; hospital: string; done: (s: Session) => void }) {
  const [token, setToken] = useState('');
  const [name, setName] = useState('');
  const [password, setPassword] = useState('');
  const [repeat, setRepeat] = useState('');
  const [setup, setSetup] = useState(needsSetup);
  const [error, setError] = useState<unknown>();
  const [busy, setBusy] = useState(false);
  const enter = async () => {
    setBusy(true);
    setError(undefined);
    try {
      const session = setup ? await post<Session>('/setup', { token: token.trim(), name, display: '', password }) : await post<Session>('/login', { name, password });
      setCsrf(session.csrf);
      done(session);
    } catch (e) { setError(e); }
    setBusy(false);
  };
  const differ = setup && repeat !== '' && repeat !== password;
  return (
    <main class="door">
      <div class="row" style={{ justifyContent: 'space-between' }}><h1>huren 互认</h1><Tongue /></div>
      <p>{hospital}</p>
      <form onSubmit={(e) => { e.preventDefault(); void enter(); }}>
        {setup && <p class="notice">{t('第一次使用：请在服务器上运行', 'First use: on the server, run')} <code>huren-ctl --config {t('目录', 'FOLDER')} console token</code> {t('，把显示的一次性口令填在这里。', 'and put the one-time token here.')}</p>}
        {setup && <Text label={t('一次性口令', 'One-time token')} value={token} set={setToken} required />}
        <Text label={t('用户名', 'User name')} value={name} set={setName} autocomplete="username" required />
        <Text label={t('密码', 'Password')} help={setup ? t('至少 10 个字符', 'At least 10 characters') : undefined} type="password" value={password} set={setPassword} autocomplete={setup ? 'new-password' : 'current-password'} required />
        {setup && <Text label={t('再输一次密码', 'Password again')} type="password" value={repeat} set={setRepeat} autocomplete="new-password" required />}
        {differ && <p class="fault" role="alert">{t('两次输入的密码不同', 'The two passwords differ')}</p>}
        <button class="main" type="submit" disabled={busy || differ || (setup && repeat === '')}>{setup ? t('建立管理员', 'Make the administrator') : t('登录', 'Sign in')}</button>
        <Failed error={error} />
      </form>
      {!needsSetup && <p><button type="button" class="plain" onClick={() => setSetup(!setup)}>{setup ? t('返回登录', 'Back to signing in') : t('忘记密码？用一次性口令重设管理员', 'Forgot? Use a one-time token')}</button></p>}
    </main>
  );
}

function Password({ close }: { close: () => void }) {
  const [old, setOld] = useState('');
  const [fresh, setFresh] = useState('');
  return (
    <Dialog title={t('修改密码', 'Change password')} close={close}>
      <Text label={t('现在的密码', 'Present password')} type="password" value={old} set={setOld} autocomplete="current-password" />
      <Text label={t('新密码', 'New password')} help={t('至少 10 个字符；修改后须重新登录', 'At least 10 characters; you sign in again afterwards')} type="password" value={fresh} set={setFresh} autocomplete="new-password" />
      <Act kind="main" run={async () => { await post('/password', { old, password: fresh }); location.reload(); }}>{t('修改', 'Change')}</Act>
    </Dialog>
  );
}

/** Shown over the page when the session has ended: what was typed stays where it is. */
function Again({ session, done }: { session: Session; done: (s: Session) => void }) {
  const [password, setPassword] = useState('');
  const [error, setError] = useState<unknown>();
  const enter = async () => {
    try {
      const fresh = await post<Session>('/login', { name: session.user, password });
      setCsrf(fresh.csrf);
      done(fresh);
    } catch (e) { setError(e); }
  };
  return (
    <Dialog title={t('登录已过期', 'Your session has ended')} close={() => location.reload()}>
      <p>{t('请重新输入密码；填写的内容会保留。', 'Enter your password again; what you typed stays.')}</p>
      <form onSubmit={(e) => { e.preventDefault(); void enter(); }}>
        <Text label={t(`${session.user} 的密码`, `Password of ${session.user}`)} type="password" value={password} set={setPassword} autocomplete="current-password" />
        <button type="submit" class="main">{t('登录', 'Sign in')}</button>
        <Failed error={error} />
      </form>
    </Dialog>
  );
}

const here = () => location.hash.replace(/^#\/?/, '').split('/')[0] ?? '';

function Inside({ session, set }: { session: Session; set: (s: Session | undefined) => void }) {
  const [path, setPath] = useState(here());
  const [status, setStatus] = useState<Status>();
  const [ended, setEnded] = useState(false);
  const [lost, setLost] = useState<unknown>();
  const [changing, setChanging] = useState(false);
  const newest = useNewest();
  const refresh = () => newest(get<Status>('/status'), (s) => { setStatus(s); setLost(undefined); }, (e) => { if (e instanceof ApiError && e.status === 401) setEnded(true); else setLost(e); });
  useEffect(() => {
    const moved = () => { setPath(here()); document.getElementById('page')?.focus(); };
    addEventListener('hashchange', moved);
    void refresh();
    const timer = setInterval(() => { if (!document.hidden) void refresh(); }, 5000);
    return () => { removeEventListener('hashchange', moved); clearInterval(timer); };
  }, []);
  const allowed = (p: Page) => session.rights.includes(p.right);
  const page = pages.find((p) => p.path === path && allowed(p)) ?? pages[0]!;
  const parked = status?.health.outbox_parked ?? 0;
  const open = status?.health.retractions_open ?? 0;
  useEffect(() => { document.title = `${t(page.zh, page.en)} — huren 互认`; });
  const Make = page.make;
  return (
    <div class="shell">
      <nav class="nav" aria-label={t('菜单', 'Menu')}>
        <div class="name">huren 互认<small>{status?.hospital.name}</small></div>
        {groups.map((g) => (
          <div>
            <h2>{t(g.zh, g.en)}</h2>
            {g.pages.filter(allowed).map((p) => (
              <a href={`#/${p.path}`} aria-current={p === page ? 'page' : undefined}>{t(p.zh, p.en)}
                {p.path === 'queue' && parked > 0 && <span class="count">{parked}<span class="hidden">{t('条待人工', 'wait for a person')}</span></span>}
                {p.path === 'retractions' && open > 0 && <span class="count">{open}<span class="hidden">{t('条未确认', 'open')}</span></span>}
              </a>
            ))}
          </div>
        ))}
      </nav>
      <main class="body" id="page" tabIndex={-1}>
        <div class="top">
          <h1>{t(page.zh, page.en)}</h1>
          <div class="row">
            <span>{session.display}</span>
            <button type="button" onClick={() => setChanging(true)}>{t('密码', 'Password')}</button>
            <Tongue />
            <Act run={async () => { await post('/logout'); set(undefined); }}>{t('退出', 'Sign out')}</Act>
          </div>
        </div>
        <Failed error={lost} />
        {status?.pending_changes && (
          <div class="notice row noprint" role="status"><span>{t('有更改已保存，但还没有生效。', 'Changes are saved but not in force yet.')}</span>
            {session.rights.includes('codes') && <Act kind="main" run={async () => { await post('/apply'); await refresh(); }}>{t('立即生效', 'Put in force now')}</Act>}
          </div>
        )}
        <Make key={page.path} session={session} status={status} refresh={refresh} />
      </main>
      {changing && <Password close={() => setChanging(false)} />}
      {ended && <Again session={session} done={(s) => { setEnded(false); set(s); void refresh(); }} />}
    </div>
  );
}

function App() {
  useLanguage();
  const [session, setSession] = useState<Session>();
  const [door, setDoor] = useState<{ needs_setup: boolean; hospital: string }>();
  const [error, setError] = useState<unknown>();
  const look = async () => {
    try {
      const s = await get<Session>('/session');
      setCsrf(s.csrf);
      setSession(s);
    } catch (e) {
      if (!(e instanceof ApiError) || e.status !== 401) { setError(e); return; }
      try { setDoor(await get('/welcome')); } catch (f) { setError(f); }
    }
  };
  useEffect(() => { void look(); }, []);
  if (session) return <Inside session={session} set={(s) => { setSession(s); if (!s) void look(); }} />;
  if (door) return <Door needsSetup={door.needs_setup} hospital={door.hospital} done={setSession} />;
  return error ? <main class="door"><Failed error={error} /></main> : null;
}

render(<App />, document.getElementById('app')!);
