/**
 * The admission webhook as an application: its start, and nothing else.
 * The rooms below hold what it does; nobody enters here but the JVM.
 */
@NullMarked
package io.migpool.admission;

import org.jspecify.annotations.NullMarked;
