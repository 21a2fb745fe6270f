/**
 * The sockets of the application: the webhook over HTTPS, and what is in force beside it. Translates and delegates.
 */
@NullMarked
package io.migpool.admission.api;

import org.jspecify.annotations.NullMarked;
