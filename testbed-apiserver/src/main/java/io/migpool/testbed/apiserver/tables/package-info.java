/** Converts objects to the tables that kubectl prints. */
@NullMarked
package io.migpool.testbed.apiserver.tables;

import org.jspecify.annotations.NullMarked;
