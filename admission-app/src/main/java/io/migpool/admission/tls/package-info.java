/**
 * The webhook's serving certificate: read from files or issued by the application itself, renewed and replaced without
 * dropping a connection.
 */
@NullMarked
package io.migpool.admission.tls;

import org.jspecify.annotations.NullMarked;
