import { app } from '@azure/functions';
import { bodyOf, onHttp, Problem } from '../../shared/runtime/on-http.ts';

app.http('change-switches', {
  methods: ['POST'],
  route: 'api/switches',
  authLevel: 'anonymous',
  handler: onHttp({ kind: 'person', roles: ['Risk.Admin'] }, async ({ request, app, person }) => {
    const { decideSwitches, SwitchChange, switchesAddress } = await import('../../shared/runtime/switches.ts');
    if (person === undefined) throw new Problem(401, 'A person is needed.');
    const change = await bodyOf(request, SwitchChange);
    const { lowerMode } = await import('../../shared/policy/policy.ts');
    if (change.mode !== undefined && lowerMode(change.mode, app.policy.mode) !== change.mode) {
      throw new Problem(
        409,
        `The policy allows "${app.policy.mode}" at most; a higher mode is a change of the policy file.`,
      );
    }
    await app.aggregates.act(switchesAddress, undefined, (state: Parameters<typeof decideSwitches>[0]) =>
      decideSwitches(state, change, person.id, app.now()),
    );
    const { mode, killSwitch } = await app.inForce();
    return { jsonBody: { mode, killSwitch, asOf: app.now().toISOString() } };
  }),
});
