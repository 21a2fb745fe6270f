/** What applications write about single pods: the same fields in all of them, as text for people or as JSON for machines. */
@NullMarked
package io.migpool.runtime.log;

import org.jspecify.annotations.NullMarked;
