/**
 * Keeps the webhook configurations in line with the settings: which pods and templates the API server sends for
 * review.
 */
@NullMarked
package io.migpool.admission.registration;

import org.jspecify.annotations.NullMarked;
