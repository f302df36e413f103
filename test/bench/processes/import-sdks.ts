// What the product is built on, and nothing else. DuckDB stays out: it is loaded where a cost file is read.
import '@azure/functions';
import '@azure/cosmos';
import '@azure/service-bus';
import '@azure/identity';
import '@azure/arm-monitor';
import '@azure/arm-consumption';
import 'zod';
import 'jose';

process.send?.('imported', undefined, undefined, () => process.exit(0));
