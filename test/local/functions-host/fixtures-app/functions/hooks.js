import { app } from '@azure/functions';
import { seen } from '../seen.js';

app.hook.appStart(() => {
  seen.push({ kind: 'app-start' });
});
app.hook.preInvocation(({ invocationContext, hookData }) => {
  hookData.of = invocationContext.functionName;
});
app.hook.postInvocation((context) => {
  if (context.invocationContext.functionName !== 'hooked') return;
  context.result = { body: `${context.result.body}, seen by a hook of ${context.hookData.of}` };
});
app.hook.log((context) => {
  context.message = context.message.replace('4111111111111111', '****');
});
app.get('hooked', {
  route: 'hooked',
  handler: (_, context) => {
    context.warn('card 4111111111111111');
    return { body: 'answer' };
  },
});
