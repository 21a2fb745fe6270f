/**
 * Runs the real applications inside this JVM, each in a class loader of its own, because a CDI container is one per class
 * loader. The cluster starts and stops them here; nobody else reaches into a running application.
 */
@NullMarked
package io.migpool.testbed.app;

import org.jspecify.annotations.NullMarked;
