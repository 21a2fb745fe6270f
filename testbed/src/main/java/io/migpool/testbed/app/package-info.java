/**
 * Runs the real applications inside this JVM, each in a class loader of its own, because there is one CDI container per
 * class loader. Used by the cluster; nothing else accesses a running application.
 */
@NullMarked
package io.migpool.testbed.app;

import org.jspecify.annotations.NullMarked;
