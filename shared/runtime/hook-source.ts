/** Source of the billing provider's webhooks in the inbox: one partition. */
export const billingSource = 'billing';
/** Before a provider's name: source of its callbacks. */
export const verificationPrefix = 'verification:';
