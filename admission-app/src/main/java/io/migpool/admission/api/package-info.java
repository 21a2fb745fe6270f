/**
 * The sockets of the application: the webhook over HTTPS, and what is in force beside it. Translates and delegates. No
 * other package uses this one; requests come from the network.
 */
@NullMarked
package io.migpool.admission.api;

import org.jspecify.annotations.NullMarked;
