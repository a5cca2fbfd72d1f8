import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { localTime, onCallAt } from '../../../sinks/itsm/on_call.js'
import { policySchema } from '../../../sinks/itsm/policy_config.js'
import { quebecHolidays } from '../../../sinks/itsm/quebec_holidays.js'

const onCall = suite('on call')
const calendar = (about: Record<string, unknown>) =>
  policySchema.parse({
    on_call: { c: { people: ['Anne', 'Blaise', 'Chloé'], start: '2026-11-16', ...about } },
  }).on_call.c!
const at = (text: string): number => Date.parse(text)

onCall('turns change at the hour of handover, local time, through changes of the clock', () => {
  const c = calendar({})
  assert.is(onCallAt(c, at('2026-11-16T13:00:00Z')), 'Anne')
  assert.is(onCallAt(c, at('2026-11-23T12:59:00Z')), 'Anne', '7:59 in Montréal')
  assert.is(onCallAt(c, at('2026-11-23T13:00:00Z')), 'Blaise')
  assert.is(onCallAt(c, at('2026-12-07T13:00:00Z')), 'Anne')
  assert.is(
    onCallAt(c, at('2027-03-15T11:59:00Z')),
    onCallAt(c, at('2027-03-14T20:00:00Z')),
    'summer time: 7:59',
  )
  assert.is.not(onCallAt(c, at('2027-03-15T12:00:00Z')), onCallAt(c, at('2027-03-15T11:59:00Z')))
  assert.is(localTime(at('2026-07-01T03:30:00Z'), 'America/Toronto').day, '2026-06-30')
  assert.is(onCallAt(c, at('2026-11-09T13:00:00Z')), 'Chloé', 'before the start the turns go backwards')
})

onCall('an override covers its days; hours leave out nights, weekends and holidays', () => {
  const c = calendar({ overrides: [{ from: '2026-11-20', to: '2026-11-21', person: 'Denis' }] })
  assert.is(onCallAt(c, at('2026-11-21T05:00:00Z')), 'Denis')
  const day = calendar({ hours: {} })
  assert.is(onCallAt(day, at('2026-11-20T15:00:00Z')), 'Anne')
  assert.is(onCallAt(day, at('2026-11-20T23:00:00Z')), undefined)
  assert.is(onCallAt(day, at('2026-11-21T15:00:00Z')), undefined, 'a Saturday')
  assert.is(onCallAt(day, at('2026-06-24T15:00:00Z')), undefined, 'Fête nationale')
  const night = calendar({ hours: { outside: true } })
  assert.is(onCallAt(night, at('2026-06-24T15:00:00Z')), onCallAt(calendar({}), at('2026-06-24T15:00:00Z')))
  assert.is(onCallAt(night, at('2026-11-20T15:00:00Z')), undefined)
})

onCall('the holidays of Québec, year by year', () => {
  const days = (year: number): string => [...quebecHolidays(year).keys()].sort().join(' ')
  assert.is(
    days(2026),
    '2026-01-01 2026-01-02 2026-04-03 2026-04-06 2026-05-18 2026-06-24 2026-07-01 2026-09-07 2026-10-12 2026-12-24 2026-12-25 2026-12-26 2026-12-31',
  )
  assert.is(
    days(2027),
    '2027-01-01 2027-01-02 2027-03-26 2027-03-29 2027-05-24 2027-06-24 2027-07-01 2027-09-06 2027-10-11 2027-12-24 2027-12-25 2027-12-26 2027-12-31',
  )
  assert.is(quebecHolidays(2026).get('2026-05-18')?.fr, 'Journée nationale des patriotes')
})

onCall.run()
