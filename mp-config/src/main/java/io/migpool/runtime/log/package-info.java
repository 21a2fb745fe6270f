/** Log lines about individual pods: the same fields in all applications, as text for people or JSON for machines. */
@NullMarked
package io.migpool.runtime.log;

import org.jspecify.annotations.NullMarked;
