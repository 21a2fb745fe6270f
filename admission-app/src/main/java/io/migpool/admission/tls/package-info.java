/**
 * The certificate with which the webhook serves: read from files or issued by the application itself, renewed and
 * exchanged without dropping a connection. {@code api} asks whether there is one; nobody else enters.
 */
@NullMarked
package io.migpool.admission.tls;

import org.jspecify.annotations.NullMarked;
