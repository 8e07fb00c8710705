// Preloaded into docc on Linux by `make docs`, and into nothing else.
//
// docc writes the text of each page (--experimental-transform-for-static-hosting-with-content) through FoundationXML,
// whose XMLNode.deinit detaches children that libxml2 has freed already: a use after free that ends in a segmentation
// fault for a catalog of this size (Swift 6.3.1). Nothing is freed here until the process ends, a second later.
#define _GNU_SOURCE
#include <dlfcn.h>

static void keep(void *memory) { (void)memory; }

__attribute__((constructor)) static void replace_release(void) {
    void (**release)(void *) = dlsym(RTLD_DEFAULT, "xmlFree");
    if (release) *release = keep;
}
