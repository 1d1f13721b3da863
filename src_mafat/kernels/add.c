#include "kernels/add.h"
void mafat_add_run(const mafat_add *add, int channel_begin, int channel_end)
{
    for (int c = channel_begin; c < channel_end; c++)
        for (int y = 0; y < add->out.h; y++) {
            const float *a = add->a.data + (size_t)c * add->a.channel_stride + (size_t)y * add->a.row_stride;
            const float *b = add->b.data + (size_t)c * add->b.channel_stride + (size_t)y * add->b.row_stride;
            float *o = add->out.data + (size_t)c * add->out.channel_stride + (size_t)y * add->out.row_stride;
            for (int x = 0; x < add->out.w; x++)
                o[x] = a[x] + b[x];
        }
}
