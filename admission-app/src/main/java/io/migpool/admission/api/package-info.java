/**
 * The sockets of the application: the webhook over HTTPS, health and metrics beside it. Translates and delegates; nobody
 * enters, requests come from the network.
 */
@NullMarked
package io.migpool.admission.api;

import org.jspecify.annotations.NullMarked;
