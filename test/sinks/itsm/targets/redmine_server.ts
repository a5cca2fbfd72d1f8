import { randomBytes } from 'node:crypto'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { freePort, RealServer } from './real_server.js'

const HOME = '/usr/share/redmine'
export const REDMINE_NEEDS = {
  files: [`${HOME}/config/environment.rb`, '/usr/bin/ruby', '/usr/share/doc/redmine-sqlite'],
  packages: 'redmine redmine-sqlite',
}

/**
 * One Ruby process makes the tables by Redmine's own migrations and default data, then a project, the custom fields of
 * docs/itsm/redmine.md, Vigie's user and an analyst, says their keys, and serves. Starting Rails takes most of the time, so it
 * is started once.
 */
const BOOT = (port: number): string => `
webrick = Gem::Specification.find_by_name('webrick').full_require_paths
Dir.chdir('${HOME}')
require '${HOME}/config/environment'
ActiveRecord::Migration.verbose = false
ActiveRecord::Base.connection.migration_context.migrate
ActiveRecord::Base.connection.schema_cache.clear!
ActiveRecord::Base.descendants.each(&:reset_column_information)
Redmine::DefaultData::Loader.load('fr')
Setting.rest_api_enabled = '1'
fields = ['Vigie', 'Code de fermeture'].map do |name|
  IssueCustomField.create!(name: name, field_format: 'string', is_filter: true, is_for_all: true, visible: true,
    tracker_ids: Tracker.pluck(:id)).id
end
project = Project.create!(name: 'Reseau', identifier: 'reseau', is_public: false, trackers: Tracker.all)
keys = %w[vigie analyste].map do |login|
  user = User.new(firstname: login, lastname: 'Test', mail: "#{login}@test.invalid", language: 'fr')
  user.login = login
  user.password = user.password_confirmation = SecureRandom.hex(12)
  user.save!
  Member.create!(project: project, principal: user, roles: [Role.givable.first])
  [login, user.id, user.api_key]
end
$stdout.sync = true
puts JSON.generate(fields: fields, users: keys)
$LOAD_PATH.concat(webrick)
require 'rack/handler/webrick'
log = WEBrick::Log.new(File::NULL)
Rack::Handler::WEBrick.run(Rails.application, Host: '127.0.0.1', Port: ${port}, AccessLog: [], Logger: log)
`

export class RedmineServer {
  readonly #server = new RealServer('redmine')
  readonly #keys = new Map<string, string>()
  readonly userIds = new Map<string, number>()
  port = 0
  keyField = 0
  closingField = 0

  async start(): Promise<void> {
    const { dir } = this.#server
    this.port = await freePort()
    for (const folder of ['config', 'log', 'tmp', 'files', 'public/plugin_assets'])
      this.#server.folder(folder)
    const database = { adapter: 'sqlite3', database: join(dir, 'redmine.sqlite'), timeout: 10_000 }
    writeFileSync(join(dir, 'config/database.yml'), JSON.stringify({ production: database }))
    writeFileSync(join(dir, 'config/secret_key.txt'), randomBytes(40).toString('hex'))
    const boot = join(dir, 'boot.rb')
    writeFileSync(boot, BOOT(this.port))
    // Debian's Redmine finds an instance below its own folder; the dots lead to the root, from either side of its links.
    const env = { REDMINE_INSTANCE: `../../../../..${dir}`, RAILS_ENV: 'production', LANG: 'C.UTF-8' }
    this.#server.start('ruby', [boot], env)
    await this.#server.answers(async () => (await fetch(`${this.url}/issues.json`)).status > 0)
    const seeded = JSON.parse(/^\{.*\}$/m.exec(this.#server.said)![0]) as {
      fields: [number, number]
      users: [string, number, string][]
    }
    ;[this.keyField, this.closingField] = seeded.fields
    for (const [login, id, key] of seeded.users) {
      this.#keys.set(login, key)
      this.userIds.set(login, id)
    }
  }

  get url(): string {
    return `http://127.0.0.1:${this.port}`
  }

  key(login: string): string {
    return this.#keys.get(login)!
  }

  /** A request of one of its people. */
  async as<T = unknown>(login: string, method: string, path: string, json?: unknown): Promise<T> {
    const answer = await fetch(this.url + path, {
      method,
      headers: { 'x-redmine-api-key': this.key(login), 'content-type': 'application/json' },
      ...(json === undefined ? {} : { body: JSON.stringify(json) }),
    })
    const text = await answer.text()
    if (!answer.ok) throw new Error(`${method} ${path}: ${answer.status} ${text}`)
    return (text === '' ? undefined : JSON.parse(text)) as T
  }

  get said(): string {
    return this.#server.said
  }

  stop(): Promise<void> {
    return this.#server.stop()
  }
}
