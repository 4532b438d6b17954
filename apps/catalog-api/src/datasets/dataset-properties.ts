/** Names a v4 dataset filter may mention. */
export const datasetProperties: ReadonlySet<string> = new Set(
  `_id pid owner ownerEmail orcidOfOwner contactEmail sourceFolder sourceFolderHost size packedSize numberOfFiles numberOfFilesArchived
  creationTime type validationStatus keywords description datasetName classification license version datasetlifecycle scientificMetadata
  scientificMetadataSchema scientificMetadataValid comment dataQualityMetrics principalInvestigators startTime endTime creationLocation
  dataFormat proposalIds sampleIds instrumentIds inputDatasets usedSoftware jobParameters jobLogData runNumber sharedWith relationships
  techniques name relationship ownerGroup accessGroups instrumentGroup isPublished createdBy updatedBy createdAt updatedAt archivable
  retrievable publishable isOnCentralDisk archiveStatusMessage retrieveStatusMessage archiveReturnMessage retrieveReturnMessage
  retrieveIntegrityCheck dateOfDiskPurging archiveRetentionTime dateOfPublishing publishedOn exportedTo storageLocation`.split(
    /\s+/,
  ),
);
