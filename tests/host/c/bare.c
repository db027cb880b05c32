// A library that nothing describes.
int bare(void);
int bare(void) { return 0; }
