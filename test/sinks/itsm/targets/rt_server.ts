import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { freePort, RealServer } from './real_server.js'

const HOME = '/usr/share/request-tracker5'
export const RT_NEEDS = {
  files: ['/usr/sbin/rt-setup-database-5', `${HOME}/libexec/rt-server`],
  packages: 'request-tracker5 rt5-db-sqlite rt5-standalone msmtp-mta',
}

const SITE = (dir: string, port: number): string => `
Set($rtname, 'vigie.test');
Set($Organization, 'vigie.test');
Set($DatabaseType, 'SQLite');
Set($DatabaseName, '${join(dir, 'rt.sqlite')}');
Set($WebDomain, '127.0.0.1');
Set($WebPort, ${port});
Set($LogToSyslog, undef);
Set($LogToSTDERR, 'error');
Set($MailCommand, 'testfile');
$RT::MasonDataDir = '${join(dir, 'mason')}';
$RT::MasonSessionDir = '${join(dir, 'sessions')}';
$RT::VarPath = '${dir}';
1;
`

/** A queue with the custom fields of docs/itsm/rt.md, Vigie's user with its rights and token, and an analyst with one. */
const SEED = `
use lib '${HOME}/lib';
use RT;
RT::LoadConfig(); RT::Init();
my $root = RT->SystemUser;
my $queue = RT::Queue->new($root);
$queue->Create(Name => 'Reseau') or die 'queue';
for my $name ('Vigie', 'Code de fermeture') {
  my $field = RT::CustomField->new($root);
  $field->Create(Name => $name, Type => 'FreeformSingle', LookupType => 'RT::Queue-RT::Ticket') or die 'field';
  $field->AddToObject($queue);
}
my @rights = qw(SeeQueue ShowTicket ShowTicketComments CreateTicket CommentOnTicket ModifyTicket
  SeeCustomField ModifyCustomField SetInitialCustomField);
for my $name ('vigie', 'analyste') {
  my $user = RT::User->new($root);
  $user->Create(Name => $name, EmailAddress => "$name\\@test.invalid", Privileged => 1) or die 'user';
  $user->PrincipalObj->GrantRight(Right => $_, Object => $queue) for @rights, $name eq 'analyste' ? ('OwnTicket') : ();
  my ($ok, $said, $token) = RT::AuthToken->new($root)->Create(Owner => $user->id, Description => 'test');
  print "$name $token\\n";
}
`

export class RtServer {
  readonly #server = new RealServer('rt')
  port = 0
  readonly tokens = new Map<string, string>()

  async start(): Promise<void> {
    this.port = await freePort()
    const { dir } = this.#server
    const site = join(dir, 'RT_SiteConfig.pm')
    const seed = join(dir, 'seed.pl')
    writeFileSync(site, SITE(dir, this.port))
    writeFileSync(seed, SEED)
    for (const folder of ['mason', 'sessions']) this.#server.folder(folder)
    const env = { RT_SITE_CONFIG: site, RT_SITE_CONFIG_DIR: this.#server.folder('site.d') }
    await this.#server.run('/usr/sbin/rt-setup-database-5', ['--action', 'init', '--skip-create'], env)
    const said = await this.#server.run('perl', [seed], env)
    for (const [, name, token] of said.matchAll(/^(\w+) (\S+)$/gm)) this.tokens.set(name!, token!)
    const args = [
      '--server',
      'Starlet',
      '--max-workers',
      '1',
      '--host',
      '127.0.0.1',
      '--port',
      `${this.port}`,
    ]
    this.#server.start(`${HOME}/libexec/rt-server`, args, env)
    await this.#server.answers(async () => (await fetch(`${this.url}/REST/2.0/rt`)).status === 401)
  }

  get url(): string {
    return `http://127.0.0.1:${this.port}`
  }

  /** A request of one of its people. */
  async as<T = unknown>(name: string, method: string, path: string, json?: unknown): Promise<T> {
    const answer = await fetch(`${this.url}/REST/2.0${path}`, {
      method,
      headers: { authorization: `token ${this.tokens.get(name)}`, 'content-type': 'application/json' },
      ...(json === undefined ? {} : { body: JSON.stringify(json) }),
    })
    if (!answer.ok) throw new Error(`${method} ${path}: ${answer.status} ${await answer.text()}`)
    return (await answer.json()) as T
  }

  stop(): Promise<void> {
    return this.#server.stop()
  }
}
