/**
 * What applications log: about individual pods with the same fields everywhere, as text for people or JSON for
 * machines, and about what lasts only once.
 */
@NullMarked
package io.migpool.runtime.log;

import org.jspecify.annotations.NullMarked;
