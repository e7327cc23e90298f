# crosstie_embed(OUT NAMESPACE_FUNCTION FILE...): a .cpp with the text of each file, as a table of (name, text).
# The texts are put in as C arrays, so that no delimiter in a file can break the source.
function(crosstie_embed out function)
  set(script ${PROJECT_SOURCE_DIR}/cmake/embed_run.cmake)
  string(REPLACE ";" "|" files "${ARGN}")
  add_custom_command(OUTPUT ${out}
    COMMAND ${CMAKE_COMMAND} -DOUT=${out} -DFUNCTION=${function} "-DFILES=${files}" -P ${script}
    DEPENDS ${ARGN} ${script} VERBATIM)
endfunction()
