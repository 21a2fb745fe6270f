/**
 * What the API server has been told to ask us: which pods and templates reach the webhook, following the settings.
 * {@code api} starts it; nobody else enters.
 */
@NullMarked
package io.migpool.admission.registration;

import org.jspecify.annotations.NullMarked;
