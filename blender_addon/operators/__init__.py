"""One verb a file. Each file lists its classes; this is the list of files."""

import bpy

from . import (
    cancel,
    choose_engine,
    clear_finished,
    copy_report,
    cut_out,
    draw_seed,
    errands,
    generate_again,
    generate_from_folder,
    generate_from_image,
    generate_from_text,
    generate_from_text_block,
    gpu_engines,
    import_splat,
    mesh_from_selected,
    pick_image,
    resume_queue,
    retry,
    select_result,
    show_colours,
    show_log,
    start_backend,
    take_up,
    weights,
)

CLASSES = tuple(
    cls
    for module in (
        generate_from_image,
        generate_from_text,
        generate_from_text_block,
        generate_from_folder,
        import_splat,
        mesh_from_selected,
        cut_out,
        draw_seed,
        generate_again,
        take_up,
        cancel,
        retry,
        clear_finished,
        select_result,
        pick_image,
        show_colours,
        choose_engine,
        show_log,
        copy_report,
        resume_queue,
        start_backend,
        gpu_engines,
        errands,
        weights,
    )
    for cls in module.CLASSES
)


def register() -> None:
    bpy.types.TOPBAR_MT_file_import.append(import_splat.draw_menu)


def unregister() -> None:
    bpy.types.TOPBAR_MT_file_import.remove(import_splat.draw_menu)
