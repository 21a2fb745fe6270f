/**
 * The webhook's serving certificate: read from files or issued by the application itself, renewed and replaced without
 * dropping a connection. The root package and {@code observe} use it.
 */
@NullMarked
package io.migpool.admission.tls;

import org.jspecify.annotations.NullMarked;
